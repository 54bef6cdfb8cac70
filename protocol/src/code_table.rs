//! The code tables of JGJ/T 320 (annex A), one enum each, made by one macro.
//!
//! **Promises.** A code that a table does not list is refused, on the wire and in a file; the wire
//! carries the code's number.
//! **Left to others.** Codes of vendors (70 and up): the import maps or refuses them.

/// A text that is not a code of its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the code is not in table {table} of JGJ/T 320; map local codes before the import")]
pub struct CodeError {
    /// The table, such as `A.6`.
    pub table: &'static str,
}

macro_rules! code_table {
    (
        $(#[$doc:meta])* $name:ident, $table:literal,
        { $($(#[$entry_doc:meta])* $entry:ident = $code:literal, $chinese:literal;)+ }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(
                #[doc = concat!("`", stringify!($code), "` ", $chinese, ".")]
                $(#[$entry_doc])*
                $entry,
            )+
        }

        impl $name {
            /// Every code of the table, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$entry),+];

            /// The code as a number; files write it with two digits.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self { $(Self::$entry => $code),+ }
            }

            /// The Chinese name of the code.
            #[must_use]
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$entry => $chinese),+ }
            }

            /// The code with two digits, as files write it.
            #[must_use]
            pub fn code(self) -> String {
                format!("{:02}", self.number())
            }

            /// The entry with this number.
            #[must_use]
            pub fn from_number(number: u8) -> Option<Self> {
                match number { $($code => Some(Self::$entry),)+ _ => None }
            }

            /// Parses the two digits of a code.
            ///
            /// # Errors
            /// When the table does not list the code.
            pub fn parse(text: &str) -> Result<Self, $crate::code_table::CodeError> {
                let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
                let number = if digits { text.parse().ok() } else { None };
                number
                    .and_then(Self::from_number)
                    .ok_or($crate::code_table::CodeError { table: $table })
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                encoder: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                encoder.u8(self.number())?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(
                decoder: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                Self::from_number(decoder.u8()?).ok_or_else(|| {
                    minicbor::decode::Error::message(concat!("not a code of table ", $table))
                })
            }
        }
    };
}

pub(crate) use code_table;

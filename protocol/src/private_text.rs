//! Text about a person: kept, compared and wiped, but not shown by accident.
//!
//! **Promises.** `Debug` prints nothing of it, there is no `Display`, and the bytes are
//! overwritten when the value is dropped.
//! **Left to others.** What the text must look like: the types that wrap it.

use core::fmt;

use zeroize::Zeroize;

/// Personal text, such as a name or a document number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PrivateText(String);

impl PrivateText {
    /// Takes the text over.
    pub(crate) const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for a comparison, an encoding or a form that a person is allowed to see.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for PrivateText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for PrivateText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(private)")
    }
}

/// Gives a wrapper of one private text its `Debug`, its codec and its accessor.
///
/// The wrapper must have a function `from_wire(&str) -> Option<Self>` that accepts exactly the
/// canonical form.
macro_rules! private_wrapper {
    ($name:ident, $wrong:literal) => {
        impl $name {
            /// The plain text; what is done with it must not reach a log, a metric or an error.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(private)"))
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                encoder: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                encoder.str(self.as_str())?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(
                decoder: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                Self::from_wire(decoder.str()?)
                    .ok_or_else(|| minicbor::decode::Error::message($wrong))
            }
        }
    };
}

pub(crate) use private_wrapper;

//! The rules of an import: each with a stable id and a sentence in English and Chinese.
//!
//! **Promises.** An id never changes its meaning; a sentence says what the file must hold, and never
//! what it holds.
//! **Left to others.** Where a rule was broken: `fault`.

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $english:literal, $chinese:literal;)*) => {
        /// What a file must keep to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ImportRule {
            $(#[doc = concat!("`", $id, "`: ", $english, ".")] $(#[$doc])* $name,)*
        }

        impl ImportRule {
            /// All rules.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable id.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// The rule in English.
            #[must_use]
            pub const fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }

            /// The rule in Chinese.
            #[must_use]
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)* }
            }
        }
    };
}

rules! {
    Encoding = "ENCODING", "text is UTF-8 or GB 18030; export the file again, or name its encoding", "文本须为 UTF-8 或 GB 18030 编码，请重新导出或指定编码";
    Form = "CSV_FORM", "a quoted value ends with a quote before the next comma, and lines end with LF or CRLF", "带引号的值须在逗号前以引号结束，行以 LF 或 CRLF 结束";
    RowTooLong = "ROW_TOO_LONG", "a row has at most 65,536 bytes and 256 values; look for a missing quote", "每行不超过 65536 字节、256 列，请检查是否缺少引号";
    RowWidth = "ROW_WIDTH", "a row has as many values as the header has columns", "每行的列数须与表头一致";
    HeaderMissing = "HEADER_MISSING", "the first line names the columns: by the codes of the standard, by their English or Chinese names, or by a mapping", "首行须为表头：标准字段代码、英文名、中文名，或映射文件中的列名";
    ColumnMissing = "COLUMN_MISSING", "the column is needed", "缺少必需的列";
    ColumnDoubled = "COLUMN_DOUBLED", "a column stands once", "列重复";
    ValueMissing = "VALUE_MISSING", "the value is needed", "缺少必填值";
    Spreadsheet = "SPREADSHEET", "a spreadsheet has damaged the number (an exponent, zeros for its last digits, an apostrophe or a formula around it): export from the database straight to CSV, or set the columns to text before anything is loaded into a spreadsheet", "号码已被电子表格破坏（科学计数法、末位变零、单引号或公式）：请从数据库直接导出 CSV，或在载入电子表格之前将该列设为文本";
    Amount = "AMOUNT", "an amount is yuan with up to two decimals, no exponent, no separators, at most 16 digits before the point", "金额须为元，至多两位小数，不用科学计数法和千位分隔符，整数部分不超过 16 位";
    AmountNegative = "AMOUNT_NEGATIVE", "the amount is not below zero", "金额不得为负";
    Date = "DATE", "a date is a day of the calendar, as 20260520, 2026-05-20 or 2026/05/20", "日期须为真实存在的日期，格式为 20260520、2026-05-20 或 2026/05/20";
    DateFuture = "DATE_FUTURE", "the date is not later than the day of the dump", "日期不得晚于数据截止日";
    Month = "MONTH", "a month is 202605, 2026-05 or 2026/05", "年月格式为 202605、2026-05 或 2026/05";
    Rate = "RATE", "a rate is a fraction below 1, such as 0.12, or percent from 1 on, such as 12.00", "比例或利率须为小于 1 的小数（如 0.12）或百分数（如 12.00）";
    Count = "COUNT", "a count is a whole number of up to four digits", "期数须为不超过四位的整数";
    Code = "CODE", "the code is in its table of JGJ/T 320; map local codes before the import", "代码须在 JGJ/T 320 代码表中，自定义代码须先转换";
    Flag = "FLAG", "the flag is 1 for yes or 2 for no", "标识须为 1（是）或 2（否）";
    Name = "NAME", "a name has 1 to 120 characters, and no control or invisible ones", "姓名为 1 至 120 个字符，不含控制字符或不可见字符";
    EmployerName = "EMPLOYER_NAME", "an employer's name has 1 to 255 characters and no control characters", "单位名称为 1 至 255 个字符，不含控制字符";
    DocumentForm = "DOCUMENT_FORM", "a resident number has 17 digits and a check character, or 15 digits", "身份证号码须为 17 位数字加校验码，或 15 位数字";
    DocumentBirth = "DOCUMENT_BIRTH", "the birth date in a resident number is a day between 1900 and the day of the dump", "身份证号码中的出生日期须真实存在且不晚于数据截止日";
    DocumentCheck = "DOCUMENT_CHECK", "the check character of a resident number is right", "身份证号码校验码不正确";
    DocumentOther = "DOCUMENT_OTHER", "a document number has 1 to 18 letters, digits, brackets or dashes", "证件号码为 1 至 18 个字母、数字、括号或短横线";
    AccountNumber = "ACCOUNT_NUMBER", "an account number has 1 to 20 letters, digits, dots, dashes or underscores", "个人账号为 1 至 20 个字母、数字、点、短横线或下划线";
    EmployerNumber = "EMPLOYER_NUMBER", "an employer's number has 1 to 20 letters, digits, dots, dashes or underscores", "单位账号为 1 至 20 个字母、数字、点、短横线或下划线";
    Serial = "SERIAL", "a serial has 1 to 20 letters, digits, dots, dashes or underscores", "业务流水号为 1 至 20 个字母、数字、点、短横线或下划线";
    CreditCode = "CREDIT_CODE", "the code is a credit code of 18 characters or an organisation code of 9, with right check characters", "须为 18 位统一社会信用代码或 9 位组织机构代码，且校验码正确";
    Card = "CARD", "a card number has 16 to 19 digits and a right check digit", "银行卡号须为 16 至 19 位数字且校验位正确";
    LoanNumber = "LOAN_NUMBER", "a loan's number has 1 to 30 visible characters", "合同编号或贷款账号为 1 至 30 个可见字符";
    KeyDoubled = "KEY_DOUBLED", "a key stands once in its file", "主键重复";
    Reference = "REFERENCE", "what a row refers to stands in its own file", "引用的记录不存在";
    PersonUnused = "PERSON_UNUSED", "every person has an account", "个人信息没有对应的个人账户";
    BalanceParts = "BALANCE_PARTS", "the balance is what was carried over and what came this year", "个人账户余额须等于上年结转余额与当年归集余额之和";
    RowParts = "ROW_PARTS", "the amount of a row is its current-year part and its carried-over part", "发生额须等于当年归集发生额与上年结转发生额之和";
    LedgerSum = "LEDGER_SUM", "the balance is the sum of the account's ledger rows", "个人账户余额须等于个人业务明细发生额之和";
    LedgerRows = "LEDGER_ROWS", "an account has at most 4,096 ledger rows", "每个账户的业务明细不超过 4096 条";
    LoanParties = "LOAN_PARTIES", "a loan has at most 16 borrowers", "每笔贷款的借款人不超过 16 人";
    EmployerSum = "EMPLOYER_SUM", "the employer's balance is the sum of its persons' balances", "单位账户余额须等于所属个人账户余额之和";
    PayMonth = "PAY_MONTH", "a deposit names the month that it is for", "汇缴和补缴须注明缴存年月";
    ClosedDate = "CLOSED_DATE", "a closed account has a closing day, not before its opening, and only a closed one has", "销户账户须有不早于开户日期的销户日期，未销户账户不得有";
    ClosedBalance = "CLOSED_BALANCE", "a closed account has no balance", "已销户账户余额须为零";
    SettledBalance = "SETTLED_BALANCE", "a settled loan has no balance", "已结清贷款余额须为零";
    Interest = "INTEREST", "interest of the running year can be computed from the rows and the center's rates", "须能按明细和利率表计算本年度利息";
    EmployerRow = "EMPLOYER_ROW", "an employer's ledger row is the sum of its persons' rows with the same serial, and counts them", "单位业务明细须等于相同流水号的个人业务明细之和，人数须一致";
    OverdueReceived = "OVERDUE_RECEIVED", "no more of an overdue instalment has come in than was due", "实收逾期本金不得超过逾期本金";
    WithdrawalStage = "WITHDRAWAL_STAGE", "a withdrawal has a booking day when it was paid, and only then", "已支付的提取须有记账日期，未支付的不得有";
    WithdrawalAmount = "WITHDRAWAL_AMOUNT", "a withdrawal that was paid has an amount other than 0.00", "已支付的提取发生额不得为 0.00";
    WithdrawalLedger = "WITHDRAWAL_LEDGER", "a withdrawal that was paid stands in the ledger with its serial, its day, its amount and its reason, as business 11 or 12; one in progress does not", "已支付的提取须与个人业务明细（业务类型 11 或 12）的流水号、日期、金额和原因一致；办理中的提取不得已入账";
    WithdrawalReversal = "WITHDRAWAL_REVERSAL", "what a reversal undoes stands in the file, and was paid on the same day or before", "冲账所对应的提取须在文件中，且支付日期不晚于冲账日期";
    Property = "PROPERTY", "a withdrawal to buy or build a home names the number of its title or its place: 1 to 255 visible characters, a letter or a digit among them", "购房、建房提取须填写不动产权证号或房屋坐落（1 至 255 个可见字符，至少含一个文字或数字）";
    MappingColumn = "MAPPING_COLUMN", "the column that the mapping names stands in the header", "映射文件指定的列须在表头中";
    OtherCenter = "OTHER_CENTER", "every row is of this center", "数据须属于本中心";
    ControlAsOf = "CONTROL_AS_OF", "all files of a dump are as of one time, that which --as-of says if it is given, and not later than today", "各文件的数据截止时间须一致，与 --as-of 相同，且不晚于今天";
    ControlSm3 = "CONTROL_SM3", "the file is the one whose SM3 the control file states", "文件的 SM3 摘要与控制文件不一致";
    ControlRows = "CONTROL_ROWS", "the file has as many rows as the control file says", "记录数与控制文件不一致";
    ControlSum = "CONTROL_SUM", "the amounts of the file add up to what the control file says", "金额合计与控制文件不一致";
    ControlFile = "CONTROL_FILE", "the control file names each file by its name", "控制文件须按文件名列出各文件";
}

impl ImportRule {
    /// Whether the rule is about a file as a whole, so that no quarantine of rows can help.
    #[must_use]
    pub const fn is_of_file(self) -> bool {
        matches!(
            self,
            Self::HeaderMissing
                | Self::ColumnMissing
                | Self::ColumnDoubled
                | Self::MappingColumn
                | Self::OtherCenter
                | Self::ControlRows
                | Self::ControlSum
                | Self::ControlFile
                | Self::ControlAsOf
                | Self::ControlSm3
        )
    }

    /// The rule with an id.
    #[must_use]
    pub fn with_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.id() == id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_its_own_id_and_both_sentences() {
        let ids: BTreeSet<&str> = ImportRule::ALL.iter().map(|rule| rule.id()).collect();
        assert_eq!(ids.len(), ImportRule::ALL.len());
        for rule in ImportRule::ALL {
            assert!(rule.english().is_ascii() && !rule.chinese().is_ascii(), "{}", rule.id());
        }
    }
}

//! What the columns of a dump may be called: by the code of JGJ/T 320, in English, in Chinese.
//!
//! **Promises.** One table says all names; the reader, the mapping file and IMPORT.md take them from
//! it. Within one file a name means one column.
//! **Left to others.** Which columns a file has, and which of them it needs: one module for each file.

/// The names of a column.
#[derive(Clone, Copy, Debug)]
pub struct ColumnName {
    /// The code of the standard.
    pub code: &'static str,
    /// English names, the first of which is shown.
    pub english: &'static [&'static str],
    /// Chinese names, the first of which is shown.
    pub chinese: &'static [&'static str],
}

impl ColumnName {
    /// The names that belong to a code.
    #[must_use]
    pub fn of(code: &str) -> Option<&'static Self> {
        COLUMN_NAMES.iter().find(|name| name.code == code)
    }

    /// Whether a header means this column: without regard to case, blanks and dashes for underscores.
    #[must_use]
    pub fn is_meant_by(&self, header: &str) -> bool {
        let plain = header.to_ascii_lowercase().replace([' ', '-'], "_");
        self.code.eq_ignore_ascii_case(header)
            || self.english.contains(&plain.as_str())
            || self.chinese.contains(&header)
    }
}

/// Whether a header means the column with a code.
pub(super) fn means(header: &str, code: &str) -> bool {
    match ColumnName::of(code) {
        Some(name) => name.is_meant_by(header),
        None => code.eq_ignore_ascii_case(header),
    }
}

macro_rules! column_names {
    ($($code:literal: [$($english:literal),+], [$($chinese:literal),+];)+) => {
        /// All columns that the files of a dump can have.
        pub const COLUMN_NAMES: &[ColumnName] = &[
            $(ColumnName { code: $code, english: &[$($english),+], chinese: &[$($chinese),+] }),+
        ];
    };
}

column_names! {
    // Whose dump it is, and which branch keeps the row.
    "ZXDM": ["center_code", "center"], ["中心代码", "机构代码"];
    "WDDM": ["branch", "branch_code", "branch_name"], ["网点", "网点代码", "网点名称", "管理部", "管理部代码", "管理部名称", "分理处"];
    // 4.0.2 and 5.0.2: employers.
    "DWZH": ["unit_account", "unit"], ["单位账号", "单位帐号", "单位编号"];
    "DWMC": ["unit_name"], ["单位名称"];
    "ZZJGDM": ["uscc", "unit_code"], ["统一社会信用代码", "组织机构代码", "信用代码"];
    "DWZHZT": ["unit_status"], ["单位账户状态", "单位帐户状态", "单位状态"];
    "DWJCBL": ["unit_rate"], ["单位缴存比例"];
    "GRJCBL": ["person_rate"], ["个人缴存比例"];
    "DWZHYE": ["unit_balance"], ["单位账户余额", "单位帐户余额"];
    "JZNY": ["paid_to"], ["缴至年月"];
    "DWKHRQ": ["unit_opened_on"], ["单位开户日期"];
    // 4.0.3: persons.
    "GRZH": ["person_account", "account"], ["个人账号", "个人帐号", "个人公积金账号"];
    "XingMing": ["name"], ["姓名", "职工姓名"];
    "ZJLX": ["id_type"], ["证件类型"];
    "ZJHM": ["id_number"], ["证件号码", "证件号", "身份证号码", "身份证号"];
    "CSNY": ["birth_month"], ["出生年月"];
    // 5.0.4: accounts.
    "GRJCJS": ["contribution_base"], ["个人缴存基数", "缴存基数"];
    "GRZHZT": ["account_status", "status"], ["个人账户状态", "个人帐户状态", "账户状态"];
    "KHRQ": ["opened_on"], ["开户日期"];
    "GRZHYE": ["balance"], ["个人账户余额", "个人帐户余额", "账户余额"];
    "GRZHSNJZYE": ["carried_over"], ["个人账户上年结转余额", "上年结转余额", "上年结转"];
    "GRZHDNGJYE": ["current_year"], ["个人账户当年归集余额", "当年归集余额", "当年归集"];
    "GRYJCE": ["person_monthly"], ["个人月缴存额"];
    "DWYJCE": ["unit_monthly"], ["单位月缴存额"];
    "XHRQ": ["closed_on"], ["销户日期"];
    "XHYY": ["close_reason"], ["销户原因"];
    "GRCKZHHM": ["card"], ["个人存款账户号码", "银行卡号"];
    "SFCZPTPD": ["fraud_flag"], ["是否存在骗提骗贷", "骗提骗贷"];
    // 5.0.5: the accounts' ledgers.
    "YWLSH": ["serial_no"], ["业务流水号"];
    "JZRQ": ["posted_on"], ["记账日期", "记帐日期", "提取日期"];
    "GJHTQYWLX": ["biz_type"], ["归集和提取业务类型", "业务类型"];
    "HBJNY": ["pay_month"], ["汇补缴年月", "缴存年月"];
    "FSE": ["amount"], ["发生额", "提取金额"];
    "FSLXE": ["interest_amount", "interest"], ["发生利息额", "提取利息"];
    "CZBZ": ["reversal_flag"], ["冲账标识", "冲帐标识"];
    "DNGJFSE": ["current_year_amount"], ["当年归集发生额"];
    "SNJZFSE": ["carried_over_amount"], ["上年结转发生额"];
    "TQYY": ["withdrawal_reason"], ["提取原因"];
    // 5.0.3: the employers' ledgers.
    "FSRS": ["persons"], ["发生人数"];
    // 6.0.2 and 6.0.5: loans.
    "JKHTBH": ["loan_contract", "contract"], ["借款合同编号", "合同编号"];
    "DKZH": ["loan_account"], ["贷款账号", "贷款帐号"];
    "JKRXM": ["borrower_name", "name"], ["借款人姓名", "姓名"];
    "JKRZJLX": ["borrower_id_type", "id_type"], ["借款人证件类型", "证件类型"];
    "JKRZJH": ["borrower_id_number", "id_number", "jkrzjhm"], ["借款人证件号", "借款人证件号码", "证件号码"];
    "JKRGJJZH": ["borrower_account", "person_account"], ["借款人公积金账号", "借款人公积金帐号", "个人账号"];
    "HTDKJE": ["contract_amount"], ["合同贷款金额"];
    "DKFFE": ["disbursed"], ["贷款发放额", "发放额"];
    "DKFFRQ": ["disbursed_on"], ["贷款发放日期", "发放日期"];
    "DKYE": ["loan_balance", "balance"], ["贷款余额"];
    "DKLL": ["loan_rate", "rate"], ["贷款利率"];
    "DKQS": ["periods"], ["贷款期数"];
    "DKJQRQ": ["settled_on"], ["贷款结清日期", "结清日期"];
    "LJYQQS": ["overdue_periods_total"], ["累计逾期期数"];
    "DQYQQS": ["overdue_periods_current"], ["当前逾期期数"];
    "YQBJZE": ["overdue_principal_total"], ["逾期本金总额"];
    "JKHTQDRQ": ["signed_on"], ["借款合同签订日期", "合同签订日期"];
    "DKDBLX": ["guarantee"], ["贷款担保类型", "担保类型"];
    "DKHKFS": ["repayment_method"], ["贷款还款方式", "还款方式"];
    "DKFXDJ": ["risk_class"], ["贷款风险等级", "五级分类"];
    "DKZT": ["loan_status", "status"], ["贷款状态"];
    // 6.0.4: co-borrowers.
    "GTJKRXM": ["co_borrower_name", "name"], ["共同借款人姓名", "姓名"];
    "GTJKRZJLX": ["co_borrower_id_type", "id_type"], ["共同借款人证件类型", "证件类型"];
    "GTJKRZJHM": ["co_borrower_id_number", "id_number"], ["共同借款人证件号码", "证件号码"];
    "GTJKRGJJZH": ["co_borrower_account", "person_account"], ["共同借款人公积金账号", "个人账号"];
    // 6.0.7: overdue instalments.
    "YQQC": ["overdue_period", "period"], ["逾期期次"];
    "YQBJ": ["overdue_principal"], ["逾期本金"];
    "YQLX": ["overdue_interest"], ["逾期利息"];
    "SSRQ": ["received_on"], ["实收日期"];
    "SSYQBJJE": ["received_principal"], ["实收逾期本金金额", "实收逾期本金"];
    "SSYQLXJE": ["received_interest"], ["实收逾期利息金额", "实收逾期利息"];
    // 提取业务: withdrawals.
    "TQZT": ["withdrawal_status", "status"], ["提取状态", "业务状态"];
    "BDCQZH": ["property_title", "title_number"], ["不动产权证号", "房产证号", "产权证号"];
    "FWZL": ["property_place", "house_address"], ["房屋坐落", "房屋地址"];
    // Control totals.
    "FILE": ["file"], ["文件", "文件名"];
    "ROWS": ["rows"], ["行数", "记录数"];
    "SUM": ["sum"], ["合计", "金额合计"];
    "AS_OF": ["as_of"], ["数据截止", "数据截止时间"];
    "SM3": ["sm3"], ["国密摘要"];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::import::ImportFile;

    #[test]
    fn within_a_file_every_name_means_one_column() {
        for file in ImportFile::ALL {
            let mut names = BTreeSet::new();
            for column in file.columns() {
                let name = ColumnName::of(column.name);
                let name = name.unwrap_or_else(|| panic!("{} has no names", column.name));
                let all = name.english.iter().chain(name.chinese);
                let code = name.code.to_ascii_lowercase();
                for each in all.map(|name| (*name).to_owned()).chain([code.clone()]) {
                    let fresh = names.insert(each.clone()) || each == code;
                    assert!(fresh, "{each} stands twice in {}", file.file_name());
                }
            }
        }
    }

    #[test]
    fn the_page_on_imports_lists_every_name() {
        let page = include_str!("../../IMPORT.md");
        for name in COLUMN_NAMES {
            let (english, chinese) = (name.english.join(", "), name.chinese.join("、"));
            let row = format!("| {} | {english} | {chinese} |", name.code);
            assert!(page.contains(&row), "IMPORT.md has another row than `{row}`");
        }
    }

    #[test]
    fn case_blanks_and_dashes_do_not_matter() {
        for header in
            ["GRZH", "grzh", "Person_Account", "person account", "PERSON-ACCOUNT", "个人账号"]
        {
            assert!(means(header, "GRZH"), "{header}");
        }
        assert!(
            !means("个人", "GRZH") && !means("person", "GRZH") && means("xingming", "XingMing")
        );
    }
}

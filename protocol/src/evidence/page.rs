//! The page of an evidence file: what is proved, by whose key, since when, and what is not.
//!
//! | file | what it holds |
//! |---|---|
//! | here | what the page says, in one language |
//! | [`words`] | the names of statements and digests |
//! | [`html`](self::html()) | the page of the file, in both languages |
//!
//! **Promises.** It follows from the report alone, so that it can say nothing that is not proved; it
//! names no person, no number and no amount.
//! **Left to others.** What the statements say: they are read from their parts.

use core::fmt::Write as _;

use super::{ProvenAccess, ProvenLeaf, ProvenRoster, ProvenStatement, Report, Standing};
use crate::answer::proof::Proven;
use crate::center::CenterCode;

mod html;
mod words;

pub(super) use html::html;

/// A language of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageLanguage {
    /// 中文.
    Chinese,
    /// English.
    English,
}

impl PageLanguage {
    /// One of two texts.
    const fn say<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}

/// A name and what it is: a row of a table.
type Row = (&'static str, String);

/// One thing that is proved.
struct Item {
    heading: String,
    rows: Vec<Row>,
}

/// What the page says.
struct Content {
    title: &'static str,
    lead: &'static str,
    facts: Vec<Row>,
    proved: (&'static str, Vec<Item>),
    trust: (&'static str, Vec<Item>),
    unproved: (&'static str, Vec<String>),
    check: (&'static str, Vec<String>),
}

impl Content {
    fn of(report: &Report, language: PageLanguage) -> Self {
        let words = Words { report, language };
        let mut proved: Vec<Item> =
            report.statements.iter().map(|said| words.statement(said)).collect();
        proved.extend(report.leaves.iter().map(|leaf| words.leaf(leaf)));
        proved.extend(report.accesses.iter().map(|listed| words.access(listed)));
        Self {
            title: language.say("本文件证明什么", "What this file proves"),
            lead: language.say(
                "本说明由验证程序根据文件其余部分生成，只写已证明的内容，不含姓名、证件号码、账号和金额。",
                "A program wrote this page from the other parts of the file. It says only what they \
                 prove, and names no person, document number, account or amount.",
            ),
            facts: words.facts(),
            proved: (language.say("已证明", "Proved"), proved),
            trust: (
                language.say("依据的成员名册", "The rosters it rests on"),
                report.rosters.iter().map(|roster| words.roster(roster)).collect(),
            ),
            unproved: (language.say("未证明", "Not proved"), words.unproved()),
            check: (language.say("如何自行核对", "How to check it yourself"), words.check()),
        }
    }
}

/// The sentences of a report in a language.
struct Words<'a> {
    report: &'a Report,
    language: PageLanguage,
}

impl Words<'_> {
    fn say<'b>(&self, chinese: &'b str, english: &'b str) -> &'b str {
        self.language.say(chinese, english)
    }

    /// A member by name and code.
    fn member(&self, code: CenterCode) -> String {
        match self.report.members.get(&code) {
            Some(name) => format!("{name} ({code})"),
            None => code.to_string(),
        }
    }

    fn facts(&self) -> Vec<Row> {
        let anchor = &self.report.anchor;
        vec![
            (self.language.say("网络", "Network"), anchor.network.to_string()),
            (self.language.say("主管部门", "Authority"), self.member(anchor.authority)),
            (
                self.language.say("根密钥指纹", "Fingerprint of the root keys"),
                self.report.fingerprint.to_string(),
            ),
        ]
    }

    fn statement(&self, said: &ProvenStatement) -> Item {
        let language = self.language;
        let to = match said.to {
            Some(to) => self.member(to),
            None => self.say("全体成员", "all members").to_owned(),
        };
        let key = match language {
            PageLanguage::Chinese => {
                format!(
                    "{} 的报文密钥 {}，列于名册第 {} 版",
                    said.from,
                    said.verified.key(),
                    said.roster
                )
            }
            PageLanguage::English => format!(
                "statement key {} of {}, listed in roster {}",
                said.verified.key(),
                said.from,
                said.roster
            ),
        };
        let mut rows = vec![
            (language.say("签署方", "Said by"), self.member(said.from)),
            (language.say("接收方", "Said to"), to),
            (language.say("密钥", "Key"), key),
            (language.say("签署方自报时间", "Time by its own clock"), said.issued_at.to_string()),
            (language.say("见证", "Witnesses"), self.standing(&said.proof)),
        ];
        if let Some(center) = said.audited_by {
            rows.push((language.say("所在审计日志", "In the audit log of"), self.member(center)));
        }
        rows.push((language.say("报文哈希", "Hash"), said.hash.to_string()));
        rows.push((language.say("文件部分", "Part"), said.part.clone()));
        Item { heading: words::statement(said.kind, language).to_owned(), rows }
    }

    fn leaf(&self, leaf: &ProvenLeaf) -> Item {
        let language = self.language;
        let place = match language {
            PageLanguage::Chinese => {
                format!(
                    "{} 第 {} 号公开日志第 {} 项",
                    self.member(leaf.log.center),
                    leaf.log.number,
                    leaf.index
                )
            }
            PageLanguage::English => format!(
                "entry {} of public log {} of {}",
                leaf.index,
                leaf.log.number,
                self.member(leaf.log.center)
            ),
        };
        let opened = match &leaf.opened_by {
            Some(part) => part.clone(),
            None => self.say("未在本文件中出示", "not shown in this file").to_owned(),
        };
        let key = match language {
            PageLanguage::Chinese => format!("{} 的日志密钥", leaf.log.center),
            PageLanguage::English => format!("log key of {}", leaf.log.center),
        };
        let rows = vec![
            (language.say("位置", "Place"), place),
            (language.say("业务日期", "Business date"), leaf.digest.date.to_string()),
            (language.say("密钥", "Key"), key),
            (language.say("见证", "Witnesses"), self.standing(&leaf.proof)),
            (language.say("对应的记录", "Its record"), opened),
            (language.say("文件部分", "Part"), leaf.part.clone()),
        ];
        let status = words::digest(leaf.digest.status, language);
        let heading = match language {
            PageLanguage::Chinese => format!("公开摘要：{status}"),
            PageLanguage::English => format!("Public digest: {status}"),
        };
        Item { heading, rows }
    }

    fn access(&self, listed: &ProvenAccess) -> Item {
        let language = self.language;
        let access = &listed.access;
        let shown = if listed.is_shown {
            self.say("已出示，其签名已验证", "shown, and its signature verified")
        } else {
            self.say(
                "还涉及他人，未出示：仅证明其在日志中",
                "names others, too, and is not shown: its leaf alone is proved",
            )
        };
        let place = match language {
            PageLanguage::Chinese => {
                format!(
                    "{} 第 {} 号审计日志第 {} 项",
                    self.member(listed.log.center),
                    listed.log.number,
                    listed.index
                )
            }
            PageLanguage::English => format!(
                "entry {} of audit log {} of {}",
                listed.index,
                listed.log.number,
                self.member(listed.log.center)
            ),
        };
        let rows = vec![
            (language.say("查询方", "Asked by"), self.member(access.by)),
            (language.say("被查询方", "Asked of"), self.member(access.asked)),
            (language.say("记录时间", "Noted"), access.at.to_string()),
            (language.say("用途", "Purpose"), words::purpose(access.purpose, language).to_owned()),
            (language.say("位置", "Place"), place),
            (language.say("见证", "Witnesses"), self.standing(&listed.proof)),
            (language.say("查询报文", "The question"), shown.to_owned()),
            (language.say("文件部分", "Part"), listed.part.clone()),
        ];
        let heading = self.say("有人查询本人", "Somebody asked about the person");
        Item { heading: heading.to_owned(), rows }
    }

    fn roster(&self, roster: &ProvenRoster) -> Item {
        let language = self.language;
        let heading = match language {
            PageLanguage::Chinese => format!("成员名册第 {} 版", roster.version),
            PageLanguage::English => format!("Roster {}", roster.version),
        };
        let key = match language {
            PageLanguage::Chinese => format!("主管部门名册密钥 {}，由根密钥指定", roster.key),
            PageLanguage::English => {
                format!("roster key {} of the authority, named by a root key", roster.key)
            }
        };
        let rows = vec![
            (language.say("签署时间", "Signed"), roster.issued.to_string()),
            (language.say("密钥", "Key"), key),
            (language.say("见证", "Witnesses"), self.standing(&roster.proof)),
        ];
        Item { heading, rows }
    }

    fn standing(&self, standing: &Standing) -> String {
        let witnesses: Vec<String> =
            standing.witnesses.iter().map(|witness| self.member(*witness)).collect();
        let list = witnesses.join(self.say("、", ", "));
        match (standing.proven, standing.witnessed_at, self.language) {
            (Proven::Witnessed, Some(at), PageLanguage::Chinese) => {
                format!("最迟于 {at} 已由多数见证方见证：{list}")
            }
            (Proven::Witnessed, Some(at), PageLanguage::English) => {
                format!("a quorum had seen it by {at}: {list}")
            }
            (Proven::Witnessed | Proven::Logged, ..) => self
                .say("已入日志，尚无多数见证方见证", "in a log, not seen by a quorum yet")
                .to_owned(),
            (Proven::Awaited, ..) => self
                .say("仅有签名，尚无日志证明", "signed alone, not proved by a log yet")
                .to_owned(),
        }
    }

    fn unproved(&self) -> Vec<String> {
        let mut sentences = vec![
            self.say(
                "记录内容与事实相符：证明的是“谁说了什么”，不是“所说属实”。",
                "That a record is true. It is proved who said what, not that it is so.",
            ),
            self.say(
                "没有别的记录、报文或贷款：文件之外的内容，本文件不作任何说明。",
                "That there are no other records, statements or loans. Of what is outside of this file \
                 it says nothing.",
            ),
            self.say(
                "见证时间以后的情况：此后可能有更正、撤销或新的记录。",
                "Anything after the times of the witnesses: corrections, revocations or new records may \
                 have followed.",
            ),
            self.say(
                "由哪个人操作：密钥属于机构，不属于个人。",
                "Which person acted. A key belongs to an organisation.",
            ),
            self.say(
                "根密钥属于该主管部门：须另行核对上述指纹。",
                "That the root keys are the authority's: compare the fingerprint above over another \
                 channel.",
            ),
            self.say(
                "本说明页本身未经签署：以验证程序的结果为准。",
                "This page, which nobody has signed: what counts is the result of a verifier.",
            ),
        ];
        if self.report.leaves.iter().any(|leaf| leaf.opened_by.is_none()) {
            sentences.push(self.say(
                "未出示记录的摘要所对应的内容：只证明其公开状态。",
                "What stands in the records that are not shown: of those the public status alone is \
                 proved.",
            ));
        }
        if !self.report.accesses.is_empty() {
            sentences.push(self.say(
                "查询记录完整：无法证明有没有遗漏；每个中心只列出自己的日志。",
                "That the list of questions is complete. Nobody can prove what was left out, and each \
                 center lists its own log alone.",
            ));
        }
        if self.proofs().any(|proof| proof.proven < Proven::Witnessed) {
            sentences.push(self.say(
                "尚无多数见证的部分的时间：仅为签署方自报。",
                "The time of whatever no quorum has seen: it is the word of its signer.",
            ));
        }
        sentences.into_iter().map(str::to_owned).collect()
    }

    fn proofs(&self) -> impl Iterator<Item = &Standing> {
        let statements = self.report.statements.iter().map(|said| &said.proof);
        let leaves = self.report.leaves.iter().map(|leaf| &leaf.proof);
        let accesses = self.report.accesses.iter().map(|listed| &listed.proof);
        let rosters = self.report.rosters.iter().map(|roster| &roster.proof);
        statements.chain(leaves).chain(accesses).chain(rosters)
    }

    fn check(&self) -> Vec<String> {
        let fingerprint = self.report.fingerprint;
        vec![
            format!("fundlink evidence verify FILE.zip --fingerprint {fingerprint}"),
            "unzip FILE.zip && sha256sum --check manifest.sha256".to_owned(),
            self.say(
                "其他验证程序：各部分均为公开格式（COSE、CBOR、C2SP），见 PROTOCOL.md 的 Evidence 一节。",
                "Any other verifier: the parts are in open formats (COSE, CBOR, C2SP); see PROTOCOL.md, Evidence.",
            )
            .to_owned(),
        ]
    }
}

/// What the page says, with Unix line ends.
pub(super) fn text(report: &Report, language: PageLanguage) -> String {
    let content = Content::of(report, language);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_text(&mut text, &content);
    text
}

fn write_text(text: &mut String, content: &Content) -> core::fmt::Result {
    writeln!(text, "{}\n\n{}\n", content.title, content.lead)?;
    for (name, value) in &content.facts {
        writeln!(text, "{name}: {value}")?;
    }
    write_items(text, &content.proved)?;
    write_list(text, &content.unproved)?;
    write_items(text, &content.trust)?;
    write_list(text, &content.check)
}

fn write_items(text: &mut String, (heading, items): &(&str, Vec<Item>)) -> core::fmt::Result {
    writeln!(text, "\n{heading}")?;
    for Item { heading, rows } in items {
        writeln!(text, "- {heading}")?;
        for (name, value) in rows {
            writeln!(text, "    {name}: {value}")?;
        }
    }
    Ok(())
}

fn write_list(text: &mut String, (heading, list): &(&str, Vec<String>)) -> core::fmt::Result {
    writeln!(text, "\n{heading}")?;
    list.iter().try_for_each(|sentence| writeln!(text, "- {sentence}"))
}

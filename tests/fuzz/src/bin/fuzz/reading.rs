//! Reading what libFuzzer says while it runs.
//!
//! **Promises.** A line that is not understood is passed over; the last ones are kept for whoever wants
//! to know why a target ended.

use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::path::PathBuf;

/// What a run has said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Inputs that were tried.
    pub(crate) executions: u64,
    /// The same a second.
    pub(crate) per_second: u64,
    /// Edges of the program that were reached.
    pub(crate) edges: u64,
    /// Edges that there are.
    pub(crate) edges_in_all: u64,
    /// Edges and how often they were passed, and comparisons that came out in a new way.
    pub(crate) features: u64,
    /// Inputs that each reach something that the others do not.
    pub(crate) corpus: u64,
    /// Mebibytes at the peak.
    pub(crate) mebibytes: u64,
    /// The input that broke a promise.
    pub(crate) found: Option<PathBuf>,
    /// Whether it ran as long as it should.
    pub(crate) is_over: bool,
    /// The last lines.
    pub(crate) last: String,
}

/// Lines that are kept.
const LINES_MAX: usize = 40;

impl Said {
    /// The head of a table of [`line`](Self::line)s.
    pub(crate) const HEAD: &str =
        "target            executions     /s   edges reached, of    features  corpus   MiB";

    /// Reads until the end; shows a line now and then.
    pub(crate) fn listen(lines: impl BufRead, mut show: impl FnMut(&str)) -> io::Result<Self> {
        let mut said = Self::default();
        let mut last: VecDeque<String> = VecDeque::new();
        for line in lines.split(b'\n') {
            let line = String::from_utf8_lossy(&line?).trim_end().to_owned();
            said.hear(&line);
            if line.contains("\tpulse ") || line.contains("\tDONE ") {
                show(&line);
            }
            if last.len() >= LINES_MAX {
                last.pop_front();
            }
            last.push_back(line);
        }
        said.last = last.into_iter().collect::<Vec<_>>().join("\n");
        Ok(said)
    }

    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        for pair in words.windows(2) {
            let [name, value] = pair else { continue };
            match *name {
                "cov:" => self.edges = number(value).unwrap_or(self.edges),
                "ft:" => self.features = number(value).unwrap_or(self.features),
                "corp:" => self.corpus = number(value).unwrap_or(self.corpus),
                "stat::number_of_executed_units:" => {
                    self.executions = number(value).unwrap_or(self.executions);
                }
                "stat::average_exec_per_sec:" => {
                    self.per_second = number(value).unwrap_or(self.per_second);
                }
                "stat::peak_rss_mb:" => self.mebibytes = number(value).unwrap_or(self.mebibytes),
                _ => {}
            }
        }
        if line.contains("inline 8-bit counters") && line.contains("Loaded") {
            let count = line.split('(').nth(1).and_then(number);
            self.edges_in_all = count.unwrap_or(self.edges_in_all);
        }
        if let Some((_, path)) = line.split_once("Test unit written to ") {
            self.found = Some(PathBuf::from(path.trim()));
        }
    }

    /// One line of the table.
    pub(crate) fn line(&self, name: &str) -> String {
        let Self {
            executions, per_second, edges, edges_in_all, features, corpus, mebibytes, ..
        } = self;
        format!(
            "{name:<16}{executions:>12}{per_second:>7}{edges:>16}{edges_in_all:>9}{features:>12}\
             {corpus:>8}{mebibytes:>6}"
        )
    }
}

/// The number with which a text begins.
fn number(text: &str) -> Option<u64> {
    let digits = text.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_says_is_read() {
        let text = "INFO: Loaded 1 modules   (98765 inline 8-bit counters): 98765 [0x1, 0x2), \n\
                    #4096\tpulse  cov: 40 ft: 50 corp: 6/7b lim: 4 exec/s: 2048 rss: 62Mb\n\
                    #38086\tDONE   cov: 41 ft: 52 corp: 12/90b lim: 4 exec/s: 900 rss: 62Mb\n\
                    stat::number_of_executed_units: 38086\n\
                    stat::average_exec_per_sec:     900\n\
                    stat::peak_rss_mb:              62\n";
        let mut shown = 0;
        let said = Said::listen(text.as_bytes(), |_| shown += 1).unwrap();
        assert_eq!((said.executions, said.per_second, said.edges), (38_086, 900, 41));
        assert_eq!((said.edges_in_all, said.features, said.corpus), (98_765, 52, 12));
        assert_eq!((said.mebibytes, shown, said.found), (62, 2, None));
    }

    #[test]
    fn the_input_that_broke_a_promise_is_named() {
        let text = "artifact_prefix='found/'; Test unit written to found/crash-a0b2\n";
        let said = Said::listen(text.as_bytes(), |_| {}).unwrap();
        assert_eq!(said.found, Some(PathBuf::from("found/crash-a0b2")));
        assert!(said.last.contains("crash-a0b2"));
    }
}

//! Tables whose columns line up, also where Chinese characters are two places wide.
//!
//! **Promises.** Width is counted as a terminal shows it (Unicode UAX 11). Control characters do not
//! reach the terminal.
//! **Left to others.** What stands in the cells.

use unicode_width::UnicodeWidthStr as _;

/// On which side of its column a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Numbers and amounts.
    Right,
}

/// Rows under a heading.
#[derive(Debug)]
pub(crate) struct Table {
    heading: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns and no rows.
    pub(crate) fn new(heading: impl IntoIterator<Item = (String, Align)>) -> Self {
        Self { heading: heading.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row; a cell for each column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().map(|cell| printable(&cell)).collect();
        debug_assert_eq!(cells.len(), self.heading.len(), "a cell for each column");
        self.rows.push(cells);
    }

    /// Whether there is nothing but the heading.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines of the table: heading, rule, rows; two blanks between columns.
    pub(crate) fn lines(&self) -> Vec<String> {
        let titles: Vec<String> = self.heading.iter().map(|(title, _)| title.clone()).collect();
        let width = |column: usize| {
            let cells = self.rows.iter().chain([&titles]).filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..titles.len()).map(width).collect();
        let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        let rows = [&titles, &rule].into_iter().chain(&self.rows);
        rows.map(|row| self.line(row, &widths)).collect()
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let cells = row.iter().zip(widths).zip(&self.heading).map(|((cell, width), (_, align))| {
            let blanks = " ".repeat(width.saturating_sub(cell.width()));
            match align {
                Align::Left => format!("{cell}{blanks}"),
                Align::Right => format!("{blanks}{cell}"),
            }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}

/// The text without what could move the cursor or colour the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { '\u{fffd}' } else { character })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_under_wide_characters() {
        let mut table = Table::new([("城市".into(), Align::Left), ("yuan".into(), Align::Right)]);
        table.row(["太原市".into(), "44285.84".into()]);
        table.row(["Datong".into(), "0.00".into()]);
        assert_eq!(
            table.lines(),
            ["城市        yuan", "──────  ────────", "太原市  44285.84", "Datong      0.00"]
        );
    }

    #[test]
    fn a_cell_cannot_write_to_the_terminal() {
        let mut table = Table::new([("name".into(), Align::Left)]);
        table.row(["a\u{1b}[31m".into()]);
        assert!(!table.lines().join("").contains('\u{1b}'));
    }
}

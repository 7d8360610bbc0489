//! Tables as Markdown, so that a run can be read at a terminal and pasted into a document.

use std::fmt::Write as _;
use std::io::Write as _;

/// Rows of text under a heading. The first column is names, the others are numbers.
pub(crate) struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns and no rows.
    pub(crate) fn new(
        title: impl Into<String>,
        columns: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self { title: title.into(), rows: vec![columns.into_iter().map(Into::into).collect()] }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Writes it to standard output.
    pub(crate) fn print(&self) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{self}")?;
        out.flush()
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        (0..columns)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or_default().max(3)
            })
            .collect()
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "\n### {}\n", self.title)?;
        let widths = self.widths();
        for (number, row) in self.rows.iter().enumerate() {
            let mut line = String::from("|");
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                match column {
                    0 => write!(line, " {cell:<width$} |")?,
                    _ => write!(line, " {cell:>width$} |")?,
                }
            }
            writeln!(f, "{line}")?;
            if number == 0 {
                f.write_str("|")?;
                for (column, width) in widths.iter().enumerate() {
                    let rule = "-".repeat(*width);
                    write!(f, " {rule}{}|", if column == 0 { " " } else { ":" })?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new("Title", ["server", "µs"]);
        table.row(["hyper".to_owned(), "8.8".to_owned()]);
        table.row(["wasmforge".to_owned(), "12345".to_owned()]);
        let expected = "\n### Title\n\n\
                        | server    |    µs |\n\
                        | --------- | -----:|\n\
                        | hyper     |   8.8 |\n\
                        | wasmforge | 12345 |\n";
        assert_eq!(table.to_string(), expected);
    }
}

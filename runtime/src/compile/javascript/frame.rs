//! Shows an author where something is.

use super::error::{Place, SourceError};

/// Characters of one line that are shown.
const MAX_LINE: usize = 100;

/// Characters that are shown before the marked one, where a line is longer than that.
const BEFORE: usize = 60;

/// An error at a byte of `source`.
pub(super) fn error_at(source: &str, offset: usize, message: impl Into<String>) -> SourceError {
    let before = source.get(..offset).unwrap_or(source);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).unwrap_or_default().encode_utf16().count() + 1;
    let at = Place { file: None, line: line as u32, column: column as u32 };
    SourceError { message: message.into(), frame: frame(source, &at), at: Some(at) }
}

/// The lines around a place of `source`.
pub(super) fn frame(source: &str, at: &Place) -> Option<String> {
    let number = at.line as usize;
    let width = number.to_string().len();
    let mut lines = source.lines().skip(number.saturating_sub(2));
    let mut shown = String::new();
    if number > 1 {
        let (line, _) = cut(lines.next()?, 0);
        shown.push_str(format!("{:>width$} | {line}", number - 1).trim_end());
        shown.push('\n');
    }
    let (line, mark) = cut(lines.next()?, at.column.saturating_sub(1) as usize);
    shown.push_str(&format!("{number:>width$} | {line}\n{:>width$} | {:>mark$}^", "", ""));
    Some(shown)
}

/// A part of `line` that has the character at the UTF-16 unit `column`, and where that is in it.
fn cut(line: &str, column: usize) -> (String, usize) {
    let mut units = 0;
    let marked = line.chars().take_while(|c| {
        units += c.len_utf16();
        units <= column
    });
    let marked = marked.count();
    let skipped = if marked < MAX_LINE { 0 } else { marked - BEFORE };
    let part: String =
        line.chars().skip(skipped).take(MAX_LINE).map(|c| if c == '\t' { ' ' } else { c }).collect();
    (part.trim_end().to_owned(), marked - skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_marked() {
        let source = "const a = 1;\n\tconst é = = 2;\nlast();";
        let error = error_at(source, source.rfind("= 2").unwrap(), "Unexpected token");
        assert_eq!(error.summary(), "Unexpected token (line 2, column 12)");
        assert_eq!(error.frame.unwrap(), "1 | const a = 1;\n2 |  const é = = 2;\n  |            ^");
    }

    #[test]
    fn of_a_long_line_a_part_is_shown() {
        let source = format!("{}here{}", "x".repeat(5000), "y".repeat(5000));
        let frame = error_at(&source, 5000, "m").frame.unwrap();
        let (line, mark) = frame.split_once('\n').unwrap();
        assert!(line.len() < 110, "{line}");
        assert_eq!(line.find("here").unwrap(), mark.find('^').unwrap());
    }

    #[test]
    fn the_end_of_a_source_is_a_place() {
        for source in ["", "a", "a\n", "a\n\n"] {
            let _ = error_at(source, source.len(), "m");
        }
    }
}

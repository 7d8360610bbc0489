//! Replaces parts of a source, and remembers what that does to its columns.

use serde::{Deserialize, Serialize};

/// Shifts that are kept of one program. Columns beyond them may be off by what characters outside ASCII take.
const MAX_SHIFTS: usize = 65_536;

/// A part of a source to be replaced. It begins and ends on one line, and its text has no line feed, unless it reaches
/// to the end of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// Its first byte.
    pub(super) start: usize,
    /// The byte behind it.
    pub(super) end: usize,
    /// What takes its place.
    pub(super) text: String,
}

/// From this column of the edited text on, in bytes from 0, a column of the line is so much larger than the same place's
/// column in the original, in UTF-16 units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shift(pub(super) u32, pub(super) u32, pub(super) i32);

/// Replaces the parts that `edits` name, and tells how columns moved.
pub(super) fn apply(source: &str, mut edits: Vec<Edit>) -> (String, Vec<Shift>) {
    edits.sort_by_key(|edit| edit.start);
    let mut writer = Writer { text: String::with_capacity(source.len()), ..Writer::default() };
    let mut at = 0;
    for Edit { start, end, text } in edits {
        let (Some(before), Some(replaced)) = (source.get(at..start), source.get(start..end)) else {
            continue;
        };
        writer.copy(before);
        writer.replace(replaced, &text);
        at = end;
    }
    writer.copy(source.get(at..).unwrap_or_default());
    (writer.text, writer.shifts)
}

#[derive(Default)]
struct Writer {
    text: String,
    shifts: Vec<Shift>,
    line: u32,
    /// Bytes of the line in the edited text.
    edited: u32,
    /// UTF-16 units of the line in the original.
    original: u32,
    shift: i32,
}

impl Writer {
    fn copy(&mut self, part: &str) {
        self.text.push_str(part);
        for c in part.chars() {
            if c == '\n' {
                (self.line, self.edited, self.original, self.shift) = (self.line + 1, 0, 0, 0);
                continue;
            }
            self.note();
            self.edited += c.len_utf8() as u32;
            self.original += c.len_utf16() as u32;
        }
    }

    fn replace(&mut self, original: &str, text: &str) {
        self.note();
        self.text.push_str(text);
        self.edited += text.len() as u32;
        self.original += original.encode_utf16().count() as u32;
    }

    fn note(&mut self) {
        let shift = self.edited as i32 - self.original as i32;
        if shift != self.shift && self.shifts.len() < MAX_SHIFTS {
            self.shifts.push(Shift(self.line, self.edited, shift));
            self.shift = shift;
        }
    }
}

/// The column of the original for one of the edited text. Lines and columns count from 0.
pub(super) fn original_column(shifts: &[Shift], line: u32, column: u32) -> u32 {
    let after = shifts.partition_point(|shift| (shift.0, shift.1) <= (line, column));
    let shift = after.checked_sub(1).and_then(|at| shifts.get(at)).filter(|shift| shift.0 == line);
    column.saturating_add_signed(shift.map_or(0, |shift| shift.2.saturating_neg()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_behind_a_replacement_are_those_of_the_original() {
        let source = "a(\"x\"); b()\nc()";
        let edit = Edit { start: 2, end: 5, text: "\"longer\"".into() };
        let (text, shifts) = apply(source, vec![edit]);
        assert_eq!(text, "a(\"longer\"); b()\nc()");
        let b = text.find('b').unwrap() as u32;
        assert_eq!(original_column(&shifts, 0, b), source.find('b').unwrap() as u32);
        assert_eq!(original_column(&shifts, 0, 0), 0);
        assert_eq!(original_column(&shifts, 1, 1), 1);
    }

    #[test]
    fn columns_are_utf16_units() {
        let (text, shifts) = apply("é😀x\nx", Vec::new());
        assert_eq!(text, "é😀x\nx");
        assert_eq!(original_column(&shifts, 0, 6), 3);
        assert_eq!(original_column(&shifts, 0, 2), 1);
        assert_eq!(original_column(&shifts, 1, 0), 0);
    }
}

//! What is wrong with a function, or with the tools that build it.

use crate::compile::{BuildError, SourceError};
use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why there is nothing to deploy.
#[derive(Debug, thiserror::Error)]
pub enum AuthorError {
    /// The function is at fault.
    #[error("{}", joined(.0))]
    Problems(Vec<Problem>),
    /// A file cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Node, npm, esbuild or the TypeScript compiler cannot be used.
    #[error("{0}")]
    Tool(String),
}

impl AuthorError {
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

fn joined(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// One fault of a function. Shown as `file:line:column: message`, with the line beneath.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// The file or the address that it is in.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1, in UTF-16 units.
    pub column: Option<u32>,
    /// The text of that line.
    pub line_text: Option<String>,
}

impl std::error::Error for Problem {}

impl Problem {
    /// Why the source in `file` does not compile.
    #[must_use]
    pub fn of_build(file: &Path, error: &BuildError) -> Self {
        let BuildError::Source(error) = error else {
            return Self {
                message: error.to_string(),
                file: Some(file.display().to_string()),
                line: None,
                column: None,
                line_text: None,
            };
        };
        let SourceError { message, at, .. } = &**error;
        // A bundle's map names files from the function's folder.
        let named = at.as_ref().and_then(|at| at.file.as_ref());
        let file = named.map_or_else(|| file.to_owned(), |named| file.with_file_name(named));
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let index = at.as_ref().and_then(|at| usize::try_from(at.line).ok()?.checked_sub(1));
        Self {
            message: message.clone(),
            file: Some(file.display().to_string()),
            line: at.as_ref().map(|at| at.line),
            column: at.as_ref().map(|at| at.column),
            line_text: index.and_then(|index| text.lines().nth(index)).map(str::to_owned),
        }
    }
}

impl Problem {
    /// What a server said of the source in `file`, `message (line 3, column 4)` or `message (part.ts:3:4)` and lines around
    /// it, with the line as it is here.
    #[must_use]
    pub fn of_refusal(file: &Path, message: &str) -> Self {
        let first = message.lines().next().unwrap_or_default();
        let (words, named, line, column) = match place(first) {
            Some((words, named, line, column)) => (words, named, Some(line), Some(column)),
            None => (first, None, None, None),
        };
        let file = named.map_or_else(|| file.to_owned(), |named| file.with_file_name(named));
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let index = line.and_then(|line| usize::try_from(line).ok()?.checked_sub(1));
        Self {
            message: words.to_owned(),
            file: Some(file.display().to_string()),
            line,
            column,
            line_text: index.and_then(|index| text.lines().nth(index)).map(str::to_owned),
        }
    }
}

/// Takes a message and the place at its end apart.
fn place(text: &str) -> Option<(&str, Option<&str>, u32, u32)> {
    let (words, place) = text.strip_suffix(')')?.rsplit_once(" (")?;
    if let Some(place) = place.strip_prefix("line ") {
        let (line, column) = place.split_once(", column ")?;
        return Some((words, None, line.parse().ok()?, column.parse().ok()?));
    }
    let (rest, column) = place.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    Some((words, Some(file), line.parse().ok()?, column.parse().ok()?))
}

/// Characters of a line that are shown.
const SHOWN: usize = 160;

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
            if let (Some(line), Some(column)) = (self.line, self.column) {
                write!(f, "{line}:{column}:")?;
            }
            write!(f, " ")?;
        }
        write!(f, "{}", self.message)?;
        let (Some(line), Some(column), Some(text)) = (self.line, self.column, &self.line_text) else {
            return Ok(());
        };
        let mark = usize::try_from(column).unwrap_or(1).saturating_sub(1);
        if text.chars().count() > SHOWN || mark > SHOWN {
            return Ok(());
        }
        let text = text.replace('\t', " ");
        let number = line.to_string();
        write!(f, "\n{number} | {}\n{:>width$} | {:>mark$}^", text.trim_end(), "", "", width = number.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::Place;

    #[test]
    fn what_does_not_compile_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f.js");
        std::fs::write(&file, "first;\nsecond +;").unwrap();
        let at = Some(Place { file: None, line: 2, column: 9 });
        let error = SourceError { message: "Unexpected token".to_owned(), at, frame: None };
        let error = BuildError::Source(Box::new(error));
        let shown = Problem::of_build(&file, &error).to_string();
        let place = format!("{}:2:9: Unexpected token\n2 | second +;\n", file.display());
        assert!(shown.starts_with(&place), "{shown}");
    }

    #[test]
    fn what_a_server_says_is_shown_in_the_authors_file() {
        let folder = tempfile::tempdir().unwrap();
        let (file, part) = (folder.path().join("f.ts"), folder.path().join("part.ts"));
        std::fs::write(&file, "one\ntwo (\n").unwrap();
        std::fs::write(&part, "three").unwrap();
        let shown = |message: &str| Problem::of_refusal(&file, message).to_string();
        let expected = format!("{}:2:5: Expected `)`\n2 | two (\n  |     ^", file.display());
        assert_eq!(shown("Expected `)` (line 2, column 5)\n1 | one\n2 | two ("), expected);
        let expected = format!("{}:1:1: Not (so)\n1 | three\n  | ^", part.display());
        assert_eq!(shown("Not (so) (part.ts:1:1)"), expected);
        assert_eq!(shown("It is empty (very)"), format!("{}: It is empty (very)", file.display()));
    }

    #[test]
    fn a_problem_is_shown_where_editors_find_it() {
        let problem = Problem {
            message: "Unexpected \";\"".to_owned(),
            file: Some("a.ts".to_owned()),
            line: Some(12),
            column: Some(5),
            line_text: Some("\tx +;".to_owned()),
        };
        assert_eq!(problem.to_string(), "a.ts:12:5: Unexpected \";\"\n12 |  x +;\n   |     ^");
        let bare = Problem { file: None, line: None, ..problem };
        assert_eq!(bare.to_string(), "Unexpected \";\"");
    }
}

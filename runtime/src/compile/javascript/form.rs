//! Whether a source is a module or a script.

/// Whether a source has an import, an export or an `await` at the beginning of a line.
pub(super) fn is_module(source: &str) -> bool {
    let marks = ["import ", "import{", "import\"", "import'", "export ", "export{", "export*", "await "];
    source.lines().any(|line| marks.iter().any(|mark| line.starts_with(mark)))
}

//! Every variable that the program reads, as `docs/configuration.md` lists them.
//!
//! `wasmforge configuration` prints the page. A variable that is read and not listed here fails the debug build that
//! reads it, so the page is complete.

mod limits;
mod queue;
mod services;
mod serving;
mod surroundings;

use std::fmt::Write;

/// One variable of the environment.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What its value is: a unit, or a form.
    pub unit: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// What it does, in Markdown.
    pub effect: &'static str,
}

/// Variables that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// What they are about.
    pub title: &'static str,
    /// What is to be said before the table.
    pub before: &'static str,
    /// The variables.
    pub variables: &'static [Variable],
    /// What is to be said after it.
    pub after: &'static str,
}

/// The groups in the order of the page.
pub const GROUPS: &[&[Group]] =
    &[serving::GROUPS, limits::GROUPS, queue::GROUPS, services::GROUPS, surroundings::GROUPS];

const PREFACE: &str = "\
# Configuration

A node is configured by its environment. A value that cannot be used stops the start if the variable begins with
`WASMFORGE_`, and the message names it. InsForge's variables fall back to their default with a warning, as they do in
InsForge. An empty variable counts as absent. Words (`never`, `json`) that are not known mean the default. A flag is on
with `1`, `true`, `yes` or `on`.

This page is printed by `wasmforge configuration`, from the table that the program checks its own reading against.
";

/// A row of a table.
const fn variable(
    name: &'static str,
    unit: &'static str,
    default: &'static str,
    effect: &'static str,
) -> Variable {
    Variable { name, unit, default, effect }
}

/// Whether a variable of this name is listed.
#[must_use]
pub fn lists(name: &str) -> bool {
    groups().any(|group| group.variables.iter().any(|variable| variable.name == name))
}

fn groups() -> impl Iterator<Item = &'static Group> {
    GROUPS.iter().copied().flatten()
}

/// The page.
#[must_use]
pub fn page() -> String {
    let mut page = PREFACE.to_owned();
    for group in groups() {
        let _ = write!(page, "\n## {}\n", group.title);
        if !group.before.is_empty() {
            let _ = write!(page, "\n{}\n", group.before);
        }
        page.push_str("\n| variable | unit | default | effect |\n|---|---|---|---|\n");
        for Variable { name, unit, default, effect } in group.variables {
            let _ = writeln!(page, "| `{name}` | {unit} | {default} | {effect} |");
        }
        if !group.after.is_empty() {
            let _ = write!(page, "\n{}\n", group.after);
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_page_in_the_documentation_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
        let stored = std::fs::read_to_string(path).unwrap();
        assert_eq!(stored, page(), "print it again: wasmforge configuration > docs/configuration.md");
    }

    #[test]
    fn every_variable_is_listed_once_and_says_what_it_does() {
        let mut names = HashSet::new();
        for variable in groups().flat_map(|group| group.variables) {
            assert!(names.insert(variable.name), "{} is listed twice", variable.name);
            assert!(!variable.effect.is_empty() && !variable.default.is_empty(), "{}", variable.name);
        }
    }
}

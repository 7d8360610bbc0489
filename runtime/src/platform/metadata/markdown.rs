//! The project's metadata as a page for people, and for programs that read like people.

use super::ProjectMetadata;
use std::fmt::Write as _;

/// Writes the page.
pub(super) fn of(project: &ProjectMetadata) -> String {
    let mut page = format!("# Project metadata\n\nWasmforge {}\n", project.version);
    // Writing into a String does not fail.
    let _ = sections(&mut page, project);
    page
}

fn sections(page: &mut String, project: &ProjectMetadata) -> std::fmt::Result {
    write!(page, "\n## Database\n\n{} GB in all\n", project.database.total_size_in_gb)?;
    if !project.database.tables.is_empty() {
        writeln!(page, "\n| Table | Records |\n|---|---|")?;
    }
    for table in &project.database.tables {
        writeln!(page, "| {} | {} |", line(&table.table_name).replace('|', "\\|"), table.record_count)?;
    }
    write!(page, "\n## Storage\n\n{} GB in all\n", project.storage.total_size_in_gb)?;
    for bucket in &project.storage.buckets {
        let access = if bucket.public { "public" } else { "private" };
        write!(page, "\n- {}: {access}, {} objects", code(&bucket.name), bucket.object_count)?;
    }
    write!(page, "\n\n## Functions\n")?;
    for function in &project.functions {
        let (slug, status, description) = function.parts();
        write!(page, "\n- {}: {}", code(slug), line(status))?;
        if let Some(description) = description {
            write!(page, ", {}", line(description))?;
        }
    }
    write!(page, "\n\n## Realtime\n")?;
    for channel in &project.realtime.channels {
        write!(page, "\n- {}", code(&channel.pattern))?;
        if let Some(description) = &channel.description {
            write!(page, ": {}", line(description))?;
        }
    }
    writeln!(page)
}

/// A text on one line.
fn line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// A text as code, between more backticks than it has in a row itself.
fn code(text: &str) -> String {
    let text = line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let (fence, pad) = ("`".repeat(longest + 1), if longest > 0 { " " } else { "" });
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_place() {
        assert_eq!(code("plain"), "`plain`");
        assert_eq!(code("a``b"), "``` a``b ```");
        assert_eq!(line("a\nb\r\nc"), "a b  c");
    }
}

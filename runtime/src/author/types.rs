//! The project's own TypeScript compiler.

use super::{AuthorError, Problem};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// Checks the types of `files`, which belong to one project, if the project has a TypeScript compiler; `None` if it has
/// none. A `tsconfig.json` above the files counts.
///
/// # Errors
/// [`AuthorError::Tool`], where the compiler cannot be run.
pub async fn types(files: &[PathBuf]) -> Result<Option<Vec<Problem>>, AuthorError> {
    let Some(first) = files.first() else { return Ok(None) };
    let first = std::path::absolute(first).map_err(AuthorError::file(first))?;
    let folders = || first.ancestors().skip(1);
    let Some(compiler) = folders().map(|f| f.join("node_modules/.bin/tsc")).find(|tsc| tsc.is_file()) else {
        return Ok(None);
    };
    let config = folders().map(|folder| folder.join("tsconfig.json")).find(|config| config.is_file());
    let mut tsc = Command::new(&compiler);
    tsc.args(["--noEmit", "--pretty", "false"]);
    match &config {
        // With files on its command line the compiler reads no configuration.
        Some(config) => tsc.arg("--project").arg(config),
        None => tsc
            .args(["--allowJs", "--skipLibCheck", "--strict", "--target", "es2023", "--module", "esnext"])
            .args(["--moduleResolution", "bundler", "--lib", "es2023,dom,dom.iterable"])
            .args(files),
    };
    let output = tsc.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output
        .map_err(|error| AuthorError::Tool(format!("{} cannot be run: {error}", compiler.display())))?;
    let problems = parse(&String::from_utf8_lossy(&output.stdout));
    match output.status.success() || !problems.is_empty() {
        true => Ok(Some(problems)),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(AuthorError::Tool(format!("{} failed: {}", compiler.display(), said.trim())))
        }
    }
}

/// `file(line,column): error TS1234: message`; what is indented belongs to the line above.
fn parse(output: &str) -> Vec<Problem> {
    output.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Problem> {
    let whole = |message| Problem { message, file: None, line: None, column: None, line_text: None };
    if let Some(message) = line.strip_prefix("error ") {
        return Some(whole(message.to_owned()));
    }
    let (place, message) = line.split_once(": error ")?;
    let message = message.to_owned();
    let Some((file, at)) = place.strip_suffix(')').and_then(|place| place.rsplit_once('(')) else {
        return Some(whole(message));
    };
    let (line, column) = at.split_once(',')?;
    let (line, column): (u32, u32) = (line.parse().ok()?, column.parse().ok()?);
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    let text = std::fs::read_to_string(Path::new(file)).unwrap_or_default();
    let line_text = text.lines().nth(index).map(str::to_owned);
    let file = Some(file.to_owned());
    Some(Problem { file, line: Some(line), column: Some(column), line_text, ..whole(message) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compilers_lines_are_read() {
        let output = "a(b).ts(3,7): error TS2322: Type 'string' is not assignable.\n  It is not.\nerror TS5083: No file.\n";
        let problems = parse(output);
        assert_eq!(problems.len(), 2);
        assert_eq!(problems[0].to_string(), "a(b).ts:3:7: TS2322: Type 'string' is not assignable.");
        assert_eq!(problems[1].to_string(), "TS5083: No file.");
    }
}

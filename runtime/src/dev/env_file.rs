//! The file `env` of the data folder: what a shell needs to reach the local services, to be read with `. env`.

use super::{DevError, private_file};
use std::fmt::Write as _;
use std::path::Path;

/// Writes the variables in the form that every POSIX shell reads.
pub(super) fn write(path: &Path, variables: &[(String, String)]) -> Result<(), DevError> {
    private_file::write(path, shell(variables).as_bytes()).map_err(DevError::file(path))
}

/// Reads variables that [`write`] wrote.
pub(super) fn read(path: &Path) -> std::io::Result<Vec<(String, String)>> {
    Ok(parse(&std::fs::read_to_string(path)?))
}

fn parse(text: &str) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once("='") {
        let mut value = String::new();
        let mut after = after;
        rest = loop {
            let Some((part, tail)) = after.split_once('\'') else { return variables };
            value.push_str(part);
            match tail.strip_prefix("\\''") {
                Some(tail) => {
                    value.push('\'');
                    after = tail;
                }
                None => break tail.trim_start_matches('\n'),
            }
        };
        variables.push((name.to_owned(), value));
    }
    variables
}

fn shell(variables: &[(String, String)]) -> String {
    variables.iter().fold(String::new(), |mut text, (name, value)| {
        // Within single quotes a shell takes everything as it is but a single quote.
        let value = value.replace('\'', "'\\''");
        let _ = writeln!(text, "{name}='{value}'");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_shell_reads_every_value_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("env");
        let value = "it's $HOME `id` \\ \"two\" words\n and a line";
        write(&path, &[("A".to_owned(), "1".to_owned()), ("B".to_owned(), value.to_owned())]).unwrap();
        let script = format!(". '{}'; printf '%s|%s' \"$A\" \"$B\"", path.display());
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("1|{value}"));
        let expected = [("A".to_owned(), "1".to_owned()), ("B".to_owned(), value.to_owned())];
        assert_eq!(read(&path).unwrap(), expected);
    }
}

//! `wasmforge new NAME`: a little project that builds, passes its own test and can be deployed.

mod sdk;
mod template;

use super::failure::Misuse;
use crate::registry::Slug;
use anyhow::Context as _;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use template::Template;

/// What is made.
#[derive(clap::Args)]
pub(super) struct NewArgs {
    /// The folder to make; its name is the first function's
    #[arg(value_name = "NAME")]
    folder: PathBuf,
    /// What the function is written in
    #[arg(short, long, value_enum, default_value_t = Template::Typescript)]
    template: Template,
    /// The SDK of a Rust function: a folder, or the address of a git repository [default: that of the repository that this
    /// program was built in]
    #[arg(long, value_name = "PATH|URL")]
    sdk: Option<String>,
}

pub(super) fn run(args: &NewArgs) -> anyhow::Result<ExitCode> {
    let name = args.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    check_name(&name, args.template)
        .map_err(|problem| Misuse(format!("{name:?} cannot be a function: {problem}")))?;
    let sdk = match args.template {
        Template::Rust => sdk::dependency(args.sdk.as_deref())?,
        Template::Javascript | Template::Typescript => String::new(),
    };
    refuse_taken(&args.folder)?;
    for (path, text) in args.template.files(&name, &sdk) {
        write(&args.folder.join(path), &text)?;
    }
    let folder = args.folder.display();
    let next = args.template.next();
    writeln!(io::stdout(), "made {folder}/\n\n  cd {folder}\n{next}")?;
    Ok(ExitCode::SUCCESS)
}

/// The name becomes a slug, and in Rust a crate.
fn check_name(name: &str, template: Template) -> Result<(), String> {
    let slug = Slug::parse(name).map_err(|error| error.to_string())?;
    if slug.is_reserved() {
        return Err("the name is reserved".to_owned());
    }
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if template == Template::Rust && !begins_well {
        return Err("the name of a crate begins with a letter".to_owned());
    }
    if template == Template::Rust && ["test", "core", "std", "alloc", "wasmforge"].contains(&name) {
        return Err("Rust has a crate of that name".to_owned());
    }
    Ok(())
}

/// What is there is not written over.
fn refuse_taken(folder: &Path) -> anyhow::Result<()> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Misuse(format!("{} is not empty: give another name", folder.display())).into()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| folder.display().to_string()),
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    fs::write(path, text).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_of_a_function_and_in_rust_of_a_crate() {
        for (name, template, good) in [
            ("greet", Template::Rust, true),
            ("greet-me_2", Template::Javascript, true),
            ("2fast", Template::Typescript, true),
            ("2fast", Template::Rust, false),
            ("core", Template::Rust, false),
            ("health", Template::Javascript, false),
            ("a b", Template::Javascript, false),
            ("", Template::Javascript, false),
        ] {
            assert_eq!(check_name(name, template).is_ok(), good, "{name}");
        }
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        assert!(refuse_taken(folder.path()).is_ok() && refuse_taken(&folder.path().join("new")).is_ok());
        fs::write(folder.path().join("thesis.tex"), "").unwrap();
        assert!(refuse_taken(folder.path()).is_err());
    }
}

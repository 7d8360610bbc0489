//! `native.services.files`: what a function was deployed with, and its place to write. Paths are absolute; the sandbox has
//! nothing but these two directories.

use super::bytes::{Bytes, copied};
use super::refusal::Refusal;
use rquickjs::{Ctx, Function, Object, Result, TypedArray};
use std::io::{self, ErrorKind, Write as _};

pub(super) fn register<'js>(ctx: &Ctx<'js>, services: &Object<'js>) -> Result<()> {
    let files = Object::new(ctx.clone())?;
    files.set("read", Function::new(ctx.clone(), read)?)?;
    files.set("write", Function::new(ctx.clone(), write)?)?;
    files.set("list", Function::new(ctx.clone(), list)?)?;
    files.set("remove", Function::new(ctx.clone(), remove)?)?;
    services.set("files", files)
}

fn read(ctx: Ctx<'_>, path: String) -> Result<Bytes> {
    std::fs::read(&path).map(Bytes).map_err(|error| refused(&ctx, &path, &error))
}

/// Writes a file; at its end, where `append` says so.
fn write<'js>(ctx: Ctx<'js>, path: String, bytes: TypedArray<'js, u8>, append: bool) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).write(true).append(append).truncate(!append);
    let written = options.open(&path).and_then(|mut file| file.write_all(&copied(&bytes)));
    written.map_err(|error| refused(&ctx, &path, &error))
}

/// The names in a directory, in order; those of directories end with a slash.
fn list(ctx: Ctx<'_>, path: String) -> Result<Vec<String>> {
    names(&path).map_err(|error| refused(&ctx, &path, &error))
}

fn names(path: &str) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let end = if entry.file_type()?.is_dir() { "/" } else { "" };
        names.push(format!("{}{end}", entry.file_name().to_string_lossy()));
    }
    names.sort_unstable();
    Ok(names)
}

fn remove(ctx: Ctx<'_>, path: String) -> Result<()> {
    std::fs::remove_file(&path).map_err(|error| refused(&ctx, &path, &error))
}

fn refused(ctx: &Ctx<'_>, path: &str, error: &io::Error) -> rquickjs::Error {
    let (code, status) = match error.kind() {
        ErrorKind::NotFound => ("no-such-file", 404),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => ("forbidden", 500),
        ErrorKind::QuotaExceeded | ErrorKind::StorageFull | ErrorKind::FileTooLarge => ("full", 507),
        _ => ("other", 500),
    };
    Refusal::new(code, status, format!("{path}: {error}")).throw(ctx)
}

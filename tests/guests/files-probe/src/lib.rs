//! Does with files what it is told, one step after the other: the body's lines are steps such as `write /scratch/a 100`. Answers
//! with what came of each.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use wasmforge::{Request, RequestExt, Result};

#[wasmforge::handler]
async fn main(req: Request) -> Result<String> {
    let mut probe = Probe::default();
    let mut report = String::new();
    for line in req.text().await?.lines() {
        let mut words = line.split(' ');
        let mut next = || words.next().unwrap_or_default();
        let done = probe.step(next(), next(), next());
        match done {
            Ok(done) => writeln!(report, "{done}")?,
            Err(error) => writeln!(report, "{:?}", error.kind())?,
        }
    }
    Ok(report)
}

/// Files that are held open.
#[derive(Default)]
struct Probe {
    open: HashMap<String, Vec<File>>,
}

impl Probe {
    fn step(&mut self, step: &str, path: &str, other: &str) -> io::Result<String> {
        let number = || other.parse::<u64>().unwrap_or_default();
        let size = || usize::try_from(number()).unwrap_or_default();
        let done = "ok".to_owned();
        match step {
            "read" => return Ok(format!("{:?}", fs::read_to_string(path)?)),
            "size" => return Ok(fs::metadata(path)?.len().to_string()),
            "list" => {
                let names =
                    fs::read_dir(path)?.map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default()));
                let mut names = names.collect::<io::Result<Vec<_>>>()?;
                names.sort_unstable();
                return Ok(names.join(" "));
            }
            "write" => File::create(path)?.write_all(&vec![b'x'; size()])?,
            "append" => {
                OpenOptions::new().append(true).create(true).open(path)?.write_all(&vec![b'y'; size()])?
            }
            "at" => {
                let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
                file.seek(SeekFrom::Start(number()))?;
                file.write_all(b"z")?;
            }
            "length" => {
                OpenOptions::new().write(true).create(true).truncate(false).open(path)?.set_len(number())?
            }
            "remove" => fs::remove_file(path)?,
            "folder" => fs::create_dir(path)?,
            "rename" => fs::rename(path, other)?,
            "link" => fs::hard_link(path, other)?,
            "hold" => {
                let mut file = OpenOptions::new().read(true).open(path)?;
                let _ = file.read(&mut [0])?;
                self.open.entry(path.to_owned()).or_default().push(file);
            }
            "release" => drop(self.open.remove(path)),
            "files" => return Ok(count(number(), |n| fs::write(format!("{path}{n}"), ""))),
            "folders" => return Ok(count(number(), |n| fs::create_dir(format!("{path}{n}")))),
            "holds" => {
                let held = self.open.entry(path.to_owned()).or_default();
                return Ok(count(number(), |_| File::open(path).map(|file| held.push(file))));
            }
            "symlink" => symlink(path, other)?,
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        }
        Ok(done)
    }
}

/// How often something succeeds, and why not more often.
fn count(times: u64, mut attempt: impl FnMut(u64) -> io::Result<()>) -> String {
    for n in 0..times {
        if let Err(error) = attempt(n) {
            return format!("{n} {:?}", error.kind());
        }
    }
    times.to_string()
}

/// The standard library has none for this target.
fn symlink(to: &str, at: &str) -> io::Result<()> {
    use wasmforge::__private::wasip2::filesystem::preopens::get_directories;
    let found = get_directories().into_iter().find(|(_, name)| at.starts_with(name.as_str()));
    let (directory, name) = found.ok_or(io::ErrorKind::NotFound)?;
    let at = at.trim_start_matches(&name).trim_start_matches('/');
    directory.symlink_at(to, at).map_err(|error| io::Error::new(io::ErrorKind::PermissionDenied, error))
}

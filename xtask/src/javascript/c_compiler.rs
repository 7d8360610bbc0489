//! The C compiler for WebAssembly that QuickJS is compiled with.
//!
//! `WASI_SDK_PATH` names an installed WASI SDK. Without it, clang and WASI's C library are unpacked from Debian's
//! packages into a folder of ours, with two scripts that run them.

use crate::command::{say, succeeds, write_script};
use crate::packages::{self, Packages};
use crate::paths;
use anyhow::{Context, Result, ensure};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names a WASI SDK to use.
const WASI_SDK: &str = "WASI_SDK_PATH";
/// Of whoever cannot have Debian's packages.
const REMEDY: &str = "the JavaScript engine needs a C compiler for WebAssembly: install the WASI SDK and set \
                      WASI_SDK_PATH to its folder; assembling one from Debian's packages did not work";

/// What compiles C for WASI.
pub(super) struct CCompiler {
    clang: PathBuf,
    archiver: PathBuf,
    sysroot: Option<PathBuf>,
}

impl CCompiler {
    /// Tells the build script of QuickJS's bindings about it. The target's name is in the variables' names, since build
    /// scripts of the host compile C too.
    pub(super) fn configure(&self, build: &mut Command) {
        // The bindings would download an SDK otherwise.
        build.env("RQUICKJS_SYS_NO_WASI_SDK", "1");
        build.env("CC_wasm32_wasip2", &self.clang);
        build.env("AR_wasm32_wasip2", &self.archiver);
        // The folder's name may have spaces in it.
        build.env("CC_SHELL_ESCAPED_FLAGS", "1");
        build.env("CFLAGS_wasm32_wasip2", self.all_flags());
    }

    fn all_flags(&self) -> String {
        let quoted = |path: &Path| format!("'{}'", path.display());
        let header = paths::root().join("guest-sdk/js/engine/c/stack_limit.h");
        let sysroot = self.sysroot.iter().map(|sysroot| format!("--sysroot={} ", quoted(sysroot)));
        sysroot.chain([format!("-include {}", quoted(&header))]).collect()
    }
}

/// Finds or gets a C compiler.
pub(super) fn provide() -> Result<CCompiler> {
    match paths::set(WASI_SDK) {
        Some(sdk) => of_sdk(&sdk),
        None => from_debian().context(REMEDY),
    }
}

fn of_sdk(sdk: &Path) -> Result<CCompiler> {
    let (clang, archiver) = (sdk.join("bin/clang"), sdk.join("bin/llvm-ar"));
    let sysroot = sdk.join("share/wasi-sysroot");
    for path in [&clang, &archiver, &sysroot] {
        ensure!(path.exists(), "{WASI_SDK}={} is no WASI SDK: {} is missing", sdk.display(), path.display());
    }
    Ok(CCompiler { clang, archiver, sysroot: Some(sysroot) })
}

/// The one made of Debian's packages; they are unpacked the first time. Only a whole one gets its final name.
fn from_debian() -> Result<CCompiler> {
    ensure!(cfg!(all(target_os = "linux", target_arch = "x86_64")), "the packages are for Linux on x86-64");
    let folder = paths::cache()?.join("c-compiler");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    // Held until the function ends: two assemblies at once would spoil each other's files.
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    if let Some(done) = newest_whole(&folder)? {
        return Ok(scripts_of(&done));
    }
    say(format_args!("assembling a C compiler for WebAssembly from Debian's packages, once"));
    let release = packages::newest("libclang-rt-", "-dev-wasm32")?;
    let packages = compiler_packages(release)?;
    let work = folder.join(format!("partial-{}", packages.version));
    let root = work.join("root");
    packages.unpack(&work.join("packages"), &root)?;
    write_scripts(&root, release)?;
    ensure!(
        succeeds(Command::new(root.join("wasm-cc")).arg("--version")),
        "Debian's clang-{release} does not run here: install the libraries it needs with `apt-get install \
         libllvm{release}`"
    );
    let done = folder.join(format!("clang-{}", packages.version));
    fs::rename(&root, &done).with_context(|| done.display().to_string())?;
    fs::remove_dir_all(&work)?;
    Ok(scripts_of(&done))
}

/// One that an earlier run has assembled: what compiles C today will do so tomorrow, whatever apt has by then.
fn newest_whole(folder: &Path) -> Result<Option<PathBuf>> {
    let mut whole: Vec<PathBuf> = packages::entries(folder)?;
    whole.retain(|path| packages::file_name(path).starts_with("clang-") && path.join("wasm-cc").is_file());
    whole.sort();
    Ok(whole.pop())
}

fn scripts_of(root: &Path) -> CCompiler {
    CCompiler { clang: root.join("wasm-cc"), archiver: root.join("wasm-ar"), sysroot: None }
}

/// The newest clang that comes with a runtime library for WebAssembly, what it loads, and WASI's C library.
fn compiler_packages(release: u32) -> Result<Packages> {
    let version = packages::version(&format!("clang-{release}"))?;
    let names = vec![
        format!("clang-{release}"),
        format!("libclang-cpp{release}"),
        format!("libclang-common-{release}-dev"),
        format!("libllvm{release}"),
        format!("llvm-{release}"),
        format!("libclang-rt-{release}-dev-wasm32"),
        "wasi-libc".to_owned(),
    ];
    Ok(Packages { names, version })
}

/// The programs find their libraries by `LD_LIBRARY_PATH`, relative to the scripts, since the folder is renamed when it
/// is whole. Debian's headers are those of `wasm32-wasi`, while cargo's builds ask for `wasm32-wasip2`.
fn write_scripts(root: &Path, release: u32) -> Result<()> {
    let home = "home=$(dirname \"$(readlink -f \"$0\")\")\n\
                export LD_LIBRARY_PATH=\"$home/usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}\"\n";
    let bin = format!("$home/usr/lib/llvm-{release}/bin");
    let clang = format!(
        "{home}for argument do\n  shift\n  case \"$argument\" in\n    --target=*) ;;\n    \
         *) set -- \"$@\" \"$argument\" ;;\n  esac\ndone\n\
         exec \"{bin}/clang\" --target=wasm32-wasi --sysroot=\"$home/usr\" \"$@\"\n"
    );
    write_script(&root.join("wasm-cc"), &clang)?;
    write_script(&root.join("wasm-ar"), &format!("{home}exec \"{bin}/llvm-ar\" \"$@\"\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::read;

    #[test]
    fn the_compiler_is_told_debians_target_in_place_of_cargos() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().canonicalize().unwrap();
        let bin = root.join("usr/lib/llvm-7/bin");
        fs::create_dir_all(&bin).unwrap();
        write_script(&bin.join("clang"), "for word do echo \"[$word]\"; done\n").unwrap();
        write_scripts(&root, 7).unwrap();
        let words = ["--target=wasm32-wasip2", "-DA=b c", "-c"];
        let printed = read(Command::new(root.join("wasm-cc")).args(words)).unwrap();
        let sysroot = format!("[--sysroot={}/usr]", root.display());
        assert_eq!(
            printed.lines().collect::<Vec<_>>(),
            ["[--target=wasm32-wasi]", &sysroot, "[-DA=b c]", "[-c]"]
        );
    }

    #[test]
    fn a_folder_that_is_no_sdk_is_refused_by_what_it_lacks() {
        let temp = tempfile::tempdir().unwrap();
        let error = of_sdk(temp.path()).err().unwrap().to_string();
        assert!(error.contains("WASI_SDK_PATH=") && error.ends_with("bin/clang is missing"), "{error}");
    }

    #[test]
    fn of_assembled_compilers_only_whole_ones_are_used() {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir_all(temp.path().join("clang-9")).unwrap();
        assert_eq!(newest_whole(temp.path()).unwrap(), None);
        fs::write(temp.path().join("clang-9/wasm-cc"), "").unwrap();
        assert_eq!(newest_whole(temp.path()).unwrap(), Some(temp.path().join("clang-9")));
    }
}

//! A private toolchain for guests from Debian's packages, for machines that cannot reach Rust's own servers.
//!
//! Debian ships a recent compiler (`rustc-web`, kept current for browsers) and the source of its standard library,
//! but no build of it for WASI 0.2. So the compiler is unpacked into a folder of ours, laid out as rustup would, and
//! the standard library is built with it, against Debian's WASI C library. What Debian does not ship, the linkers of
//! WebAssembly, comes from the installed toolchain. Nothing is installed into the system.
//!
//! ```text
//! bin/{rustc,rustdoc}                    scripts: the programs find their libraries by LD_LIBRARY_PATH
//! libexec/{rustc,rustdoc}                Debian's programs
//! lib/lib{rustc_driver,LLVM}*            what they load; the compiler takes the folder above for its sysroot
//! lib/rustlib/HOST/lib                   the host's standard library, for macros and build scripts
//! lib/rustlib/HOST/bin                   scripts that run the installed toolchain's linkers
//! lib/rustlib/wasm32-wasip2/lib          the standard library built here, and the C library it links
//! ```

use crate::command::{cargo, read, run, say, write_script};
use crate::packages::{self, Packages, entries, file_name};
use crate::paths;
use crate::toolchain::{TARGET, has_target, sysroot};
use anyhow::{Context, Result, bail, ensure};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

const HOST: &str = "x86_64-unknown-linux-gnu";
/// Debian's folder of libraries for the host.
const MULTIARCH: &str = "usr/lib/x86_64-linux-gnu";
/// Programs of the installed toolchain, from `lib/rustlib/HOST/bin`.
const LINKERS: [&str; 3] = ["rust-lld", "wasm-component-ld", "gcc-ld/wasm-ld"];

/// The compiler of the private toolchain; it is assembled the first time. What an interrupted attempt has downloaded
/// and built is used by the next one, and only a whole toolchain gets its final name.
pub(crate) fn provide() -> Result<PathBuf> {
    ensure!(cfg!(all(target_os = "linux", target_arch = "x86_64")), "the packages are for Linux on x86-64");
    let folder = paths::cache()?.join("guest-toolchain");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    // Held until the process ends: two assemblies at once would spoil each other's files.
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;

    let linkers = Linkers::installed()?;
    let packages = toolchain_packages()?;
    let done = folder.join(format!("{}-with-{}", packages.version, linkers.version));
    let rustc = done.join("bin/rustc");
    if has_target_of(&done) {
        return Ok(rustc);
    }
    say(format_args!(
        "assembling a toolchain for {TARGET} from Debian's packages; this takes some five minutes, once"
    ));
    let work = folder.join(format!("partial-{}", packages.version));
    let (root, toolchain) = (work.join("root"), work.join("toolchain"));
    packages.unpack(&work.join("packages"), &root)?;
    lay_out(&root, &toolchain, &linkers).context("laying out the toolchain")?;
    build_std(&root, &toolchain, &work.join("build"))?;
    ensure!(has_target(&toolchain.join("bin/rustc")), "the assembled compiler does not run");
    fs::rename(&toolchain, &done).with_context(|| done.display().to_string())?;
    fs::remove_dir_all(&work)?;
    Ok(rustc)
}

fn has_target_of(toolchain: &Path) -> bool {
    toolchain.is_dir() && has_target(&toolchain.join("bin/rustc"))
}

/// The WebAssembly linkers of the installed toolchain.
struct Linkers {
    bin: PathBuf,
    /// Of the installed compiler: scripts that run its linkers are useless when it is gone.
    version: String,
}

impl Linkers {
    fn installed() -> Result<Self> {
        let rustc = Path::new("rustc");
        let bin = sysroot(rustc)?.join("lib/rustlib").join(HOST).join("bin");
        for linker in LINKERS {
            let path = bin.join(linker);
            ensure!(
                path.is_file(),
                "{} is missing: install Rust with rustup, whose toolchains have it",
                path.display()
            );
        }
        let version = read(Command::new(rustc).arg("--version"))?;
        let version = version.split_whitespace().nth(1).context("`rustc --version` prints no version")?;
        Ok(Self { bin, version: version.to_owned() })
    }
}

/// The packages that the toolchain is made of. The libraries' names carry their versions, so that they are found by who
/// depends on them.
fn toolchain_packages() -> Result<Packages> {
    let version = packages::version("rustc-web")?;
    let library = packages::dependency("libstd-rust-web-dev", "libstd-rust-web-")?;
    let llvm = packages::dependency(&library, "libllvm")?;
    let fixed = ["rustc-web", "rust-web-src", "libstd-rust-web-dev", "wasi-libc"].map(str::to_owned);
    Ok(Packages { names: fixed.into_iter().chain([library, llvm]).collect(), version })
}

/// See the module's documentation for the layout.
fn lay_out(root: &Path, toolchain: &Path, linkers: &Linkers) -> Result<()> {
    if toolchain.exists() {
        fs::remove_dir_all(toolchain)?;
    }
    let rustlib = toolchain.join("lib/rustlib").join(HOST);
    for folder in [toolchain.join("bin"), toolchain.join("libexec"), rustlib.join("bin/gcc-ld")] {
        fs::create_dir_all(folder)?;
    }
    for program in ["rustc", "rustdoc"] {
        copy(&root.join("usr/bin").join(program), &toolchain.join("libexec"))?;
        // Relative to itself, since the toolchain is renamed when it is whole.
        let script = format!(
            "home=$(dirname \"$(dirname \"$(readlink -f \"$0\")\")\")\n\
             LD_LIBRARY_PATH=\"$home/lib${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\" exec \"$home/libexec/{program}\" \"$@\"\n"
        );
        write_script(&toolchain.join("bin").join(program), &script)?;
    }
    for library in entries(&root.join(MULTIARCH))? {
        if ["librustc_driver", "libLLVM"].iter().any(|name| file_name(&library).starts_with(name)) {
            copy(&library, &toolchain.join("lib"))?;
        }
    }
    copy(&root.join("usr/lib/rustlib").join(HOST).join("lib"), &rustlib)?;
    for linker in LINKERS {
        let script = format!("exec \"{}\" \"$@\"\n", linkers.bin.join(linker).display());
        write_script(&rustlib.join("bin").join(linker), &script)?;
    }
    Ok(())
}

/// Builds the standard library as its own build does: as part of the compiler's crates (unstable features, hidden
/// from users), with a name of its own in symbols, and with bitcode, so that link-time optimisation reaches it.
fn build_std(root: &Path, toolchain: &Path, build: &Path) -> Result<()> {
    say(format_args!("building the standard library for {TARGET}"));
    let source = entries(&root.join("usr/src"))?
        .into_iter()
        .map(|folder| folder.join("library/sysroot"))
        .find(|folder| folder.is_dir())
        .context("Debian's package rust-web-src holds no standard library")?;
    let mut cargo = cargo();
    cargo
        .current_dir(source)
        .args(["build", "--locked", "--release", "--target", TARGET])
        .args(["--features", "panic-unwind,compiler-builtins-mem"])
        .env("RUSTC", toolchain.join("bin/rustc"))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("__CARGO_DEFAULT_LIB_METADATA", "wasmstd")
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TARGET_DIR", build)
        .env("RUSTFLAGS", "-Zforce-unstable-if-unmarked -Cembed-bitcode=yes -Cdebuginfo=0")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER");
    run(&mut cargo).context("the standard library does not build")?;

    let libraries = toolchain.join("lib/rustlib").join(TARGET).join("lib");
    let c_library = libraries.join("self-contained");
    fs::create_dir_all(&c_library)?;
    let built = entries(&build.join(TARGET).join("release/deps"))?;
    let mut count = 0;
    for library in built.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rlib")) {
        copy(library, &libraries)?;
        count += 1;
    }
    if count == 0 {
        bail!("the build of the standard library left no libraries");
    }
    for object in ["crt1-command.o", "crt1-reactor.o", "libc.a"] {
        copy(&root.join("usr/lib/wasm32-wasi").join(object), &c_library)?;
    }
    Ok(())
}

/// `cp -a`: folders with all that is in them, links as links.
fn copy(from: &Path, into: &Path) -> Result<()> {
    run(Command::new("cp").arg("-a").arg(from).arg(into))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_script_runs_the_program_beside_it_wherever_the_toolchain_is_moved() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().canonicalize().unwrap();
        for (path, text) in [
            ("root/usr/bin/rustc", "#!/bin/sh\necho \"$LD_LIBRARY_PATH $1\"\n"),
            ("root/usr/bin/rustdoc", "#!/bin/sh\n"),
            ("root/usr/lib/x86_64-linux-gnu/librustc_driver-1.so", ""),
            ("root/usr/lib/rustlib/x86_64-unknown-linux-gnu/lib/libstd.rlib", ""),
        ] {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        }
        let linkers = Linkers { bin: PathBuf::from("/installed"), version: "1".to_owned() };
        lay_out(&folder.join("root"), &folder.join("partial"), &linkers).unwrap();
        let moved = folder.join("done");
        fs::rename(folder.join("partial"), &moved).unwrap();
        let printed =
            read(Command::new(moved.join("bin/rustc")).arg("-V").env_remove("LD_LIBRARY_PATH")).unwrap();
        assert_eq!(printed.trim(), format!("{} -V", moved.join("lib").display()));
        assert!(moved.join("lib/librustc_driver-1.so").is_file());
        assert!(moved.join("lib/rustlib/x86_64-unknown-linux-gnu/lib/libstd.rlib").is_file());
    }
}

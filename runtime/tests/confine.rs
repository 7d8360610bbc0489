//! `wasmforge confine` in a process of its own, as the supervisor of local services starts it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const WASMFORGE: &str = env!("CARGO_BIN_EXE_wasmforge");
/// `nobody`, on every Linux.
const NOBODY: u32 = 65534;

fn confine(args: &[&str]) -> Output {
    Command::new(WASMFORGE).arg("confine").args(args).output().unwrap()
}

fn am_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The fields of `/proc/self/status` that say who a process is.
const WHO: [&str; 5] = ["--", "/bin/grep", "-E", "^(Uid|Gid|Groups|CapEff|NoNewPrivs):", "/proc/self/status"];

#[test]
fn the_program_has_nothing_left_of_roots_rights() {
    let (uid, gid) = if am_root() {
        (NOBODY, NOBODY)
    } else {
        (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw())
    };
    let (uid, gid) = (uid.to_string(), gid.to_string());
    let output = confine(&[&["--uid", &uid, "--gid", &gid], WHO.as_slice()].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let status = String::from_utf8(output.stdout).unwrap();
    let field = |name: &str| -> Vec<&str> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
        line.split_whitespace().collect()
    };
    // Real, effective, saved and file system identity.
    assert_eq!(field("Uid"), vec![&uid; 4], "{status}");
    assert_eq!(field("Gid"), vec![&gid; 4], "{status}");
    assert_eq!(field("NoNewPrivs"), ["1"]);
    assert_eq!(u64::from_str_radix(field("CapEff")[0], 16).unwrap(), 0, "{status}");
    if am_root() {
        assert!(field("Groups").is_empty(), "supplementary groups are dropped: {status}");
    }
}

#[test]
fn becoming_root_or_someone_else_without_the_right_to_is_refused_and_nothing_runs() {
    let output = confine(&["--uid", "0", "--gid", "0", "--", "/bin/echo", "ran"]);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("refusing to run a service as root"));

    // Once confined, there is no way back.
    let uid = if am_root() { NOBODY } else { rustix::process::getuid().as_raw() }.to_string();
    let gid = if am_root() { NOBODY } else { rustix::process::getgid().as_raw() }.to_string();
    let mut again = vec!["--uid", &uid, "--gid", &gid, "--", WASMFORGE, "confine"];
    again.extend(["--uid", "4242", "--gid", "4242", "--", "/bin/echo", "ran"]);
    let output = confine(&again);
    assert!(!output.status.success() && output.stdout.is_empty());
}

#[test]
fn a_parent_that_is_not_the_parent_is_noticed() {
    let stranger = std::os::unix::process::parent_id().to_string();
    let output = confine(&["--parent", &stranger, "--", "/bin/echo", "ran"]);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not its parent"));
}

#[test]
fn the_program_dies_with_its_parent() {
    let temp = tempfile::tempdir().unwrap();
    let pid_file = temp.path().join("pid");
    // A shell that starts a confined child, waits until that has become `sleep`, and dies without a word.
    let script = format!(
        "'{WASMFORGE}' confine --parent $$ --death-signal term -- /bin/sleep 600 & \
         until grep -qx sleep /proc/$!/comm; do sleep 0.02; done; echo $! > '{}'; kill -KILL $$",
        pid_file.display()
    );
    Command::new("/bin/sh").args(["-c", &script]).process_group(0).status().unwrap();
    let pid = fs::read_to_string(&pid_file).unwrap().trim().to_owned();
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_alive(&pid) {
        assert!(Instant::now() < deadline, "process {pid} outlives its parent");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A zombie, which whoever adopted it has yet to reap, is dead.
fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.trim_start().starts_with('Z'))
}

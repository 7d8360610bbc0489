//! What a process has used, as the kernel counts it (`proc(5)`).

use anyhow::{Context as _, Result};
use std::fs;
use std::time::Duration;

/// Ticks per second in `/proc/PID/stat`. The kernel shows user space 100 on every architecture that runs wasmtime,
/// whatever its own clock is.
const TICKS: u64 = 100;

/// CPU time of a process, of all its threads, and of the children that it waited for.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("the server is gone")?;
    parse_cpu(&stat).context("/proc/PID/stat is not as documented")
}

/// Fields 14 to 17: `utime`, `stime`, `cutime`, `cstime`. The second field is a name that may hold spaces and
/// parentheses, so counting begins after its end.
fn parse_cpu(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let fields = after_name.split_ascii_whitespace().skip(11).take(4);
    let ticks = fields.map(|field| field.parse::<u64>().ok()).sum::<Option<u64>>()?;
    Some(Duration::from_millis(ticks * 1000 / TICKS))
}

/// Memory of a process in KiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// Pages in memory.
    pub(crate) rss: u64,
    /// The same, where a page that several processes share counts for each of them in part.
    pub(crate) pss: u64,
    /// What of that no file backs. The rest the kernel may drop and read again.
    pub(crate) anonymous: u64,
}

/// Memory of a process.
pub(crate) fn memory(pid: u32) -> Result<Memory> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).context("the server is gone")?;
    parse_memory(&text).context("/proc/PID/smaps_rollup is not as documented")
}

fn parse_memory(text: &str) -> Option<Memory> {
    let field = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        value.trim().strip_suffix(" kB")?.parse().ok()
    };
    Some(Memory { rss: field("Rss")?, pss: field("Pss")?, anonymous: field("Pss_Anon")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_that_of_the_process_and_its_children() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 12 30 5 3 20 0 1 0 1 1 1";
        assert_eq!(parse_cpu(stat), Some(Duration::from_millis(500)));
        assert_eq!(parse_cpu("7 (a S 1"), None);
        assert!(cpu(std::process::id()).is_ok());
    }

    #[test]
    fn memory_is_read_by_name() {
        let text = "0-f ---p 00000000 00:00 0 [rollup]\nRss:  2048 kB\nPss:  1024 kB\nPss_Anon:  512 kB\n";
        assert_eq!(parse_memory(text), Some(Memory { rss: 2048, pss: 1024, anonymous: 512 }));
        assert!(memory(std::process::id()).unwrap().rss > 0);
    }
}

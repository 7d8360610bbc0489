//! What `/proc` tells about a process.

use std::path::PathBuf;

/// Reads a process's state from the system.
#[derive(Clone, Copy, Debug)]
pub struct Vitals(u32);

impl Vitals {
    pub(crate) fn of(pid: u32) -> Self {
        Self(pid)
    }

    /// Bytes of memory that it holds now.
    #[must_use]
    pub fn resident(self) -> u64 {
        self.status("VmRSS:") * 1024
    }

    /// Bytes of memory that it held at most, since its start or since [`Vitals::forget_peak`].
    #[must_use]
    pub fn peak_resident(self) -> u64 {
        self.status("VmHWM:") * 1024
    }

    /// Begins a new measurement of the peak.
    pub fn forget_peak(self) {
        std::fs::write(self.path("clear_refs"), "5").unwrap();
    }

    /// The CPU time that it has used, in clock ticks of a hundredth of a second.
    #[must_use]
    pub fn cpu_ticks(self) -> u64 {
        let stat = std::fs::read_to_string(self.path("stat")).unwrap();
        // The second field is the program's name, which may hold anything; the 14th and the 15th are user and system time.
        let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        [11, 12].map(|field: usize| fields[field].parse::<u64>().unwrap()).iter().sum()
    }

    /// How many threads it has.
    #[must_use]
    pub fn threads(self) -> u64 {
        self.status("Threads:")
    }

    /// How many sockets it holds.
    #[must_use]
    pub fn sockets(self) -> usize {
        let is_socket = |entry: std::fs::DirEntry| {
            std::fs::read_link(entry.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"))
        };
        std::fs::read_dir(self.path("fd")).unwrap().flatten().map(is_socket).filter(|is| *is).count()
    }

    fn status(self, name: &str) -> u64 {
        let status = std::fs::read_to_string(self.path("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().next().unwrap_or_default().parse().unwrap()
    }

    fn path(self, file: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{file}", self.0))
    }
}

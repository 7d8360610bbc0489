//! One core for the server, one for everything else.

use anyhow::{Context as _, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Which core is whose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    server: usize,
    rest: usize,
}

impl Cores {
    /// Takes the first two cores that this process may use, and moves this thread to the second one. Where there is
    /// only one core they share it.
    pub(crate) fn split() -> Result<Self> {
        let allowed = sched_getaffinity(None).context("cannot tell which cores there are")?;
        let mut usable = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let server = usable.next().context("there is no core to run on")?;
        let rest = usable.next().unwrap_or_else(|| {
            crate::say(format_args!("there is one core only: servers and load generator share it"));
            server
        });
        let cores = Self { server, rest };
        pin(cores.rest)?;
        Ok(cores)
    }

    /// Runs `start` on the server's core. What it starts stays there: a new process inherits the core of the thread
    /// that makes it, and sizes its thread pools by it.
    pub(crate) fn for_server<T>(self, start: impl FnOnce() -> T) -> Result<T> {
        pin(self.server)?;
        let started = start();
        pin(self.rest)?;
        Ok(started)
    }
}

fn pin(core: usize) -> Result<()> {
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(None, &only).with_context(|| format!("cannot move to core {core}"))
}

//! SIGINT and SIGTERM.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Waits for the signals that stop a server.
pub struct Shutdown {
    interrupt: Signal,
    terminate: Signal,
}

impl Shutdown {
    /// Takes the signals over. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// Where the handlers cannot be installed.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Cancels `stop` with the first signal; a second one ends the process at once.
    pub fn cancel(mut self, stop: CancellationToken) {
        tokio::spawn(async move {
            self.received().await;
            tracing::info!("stopping: running invocations may finish; a second signal ends them");
            stop.cancel();
            self.received().await;
            std::process::exit(130);
        });
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

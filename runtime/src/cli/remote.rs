//! Which server a command speaks to, and as whom.

use crate::client::Api;
use crate::config::Secret;
use crate::dev::local_api_key;
use anyhow::Context as _;

/// The server.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct RemoteArgs {
    /// The platform listener of the server
    #[arg(long, env = "WASMFORGE_URL", default_value = "http://localhost:7130", help_heading = "Server")]
    pub(super) url: String,
    /// The administrator's key [default: that of `wasmforge dev` on this machine, for a server on this machine]
    #[arg(long, env = "ACCESS_API_KEY", hide_env_values = true, help_heading = "Server")]
    api_key: Option<String>,
}

impl RemoteArgs {
    /// The server's API.
    pub(super) fn api(&self) -> anyhow::Result<Api> {
        let key = self.key().context("no key: give the administrator's with --api-key or ACCESS_API_KEY")?;
        Ok(Api::new(&self.url, key)?)
    }

    /// The same for what may need no key.
    pub(super) fn api_without_key(&self) -> anyhow::Result<Api> {
        Ok(Api::new(&self.url, self.key().unwrap_or_default())?)
    }

    /// The key that was given, else this machine's own.
    pub(super) fn key(&self) -> Option<Secret> {
        let given = self.api_key.as_deref().filter(|key| !key.is_empty()).map(Secret::new);
        given.or_else(|| local_api_key(None).filter(|_| is_local(&self.url)))
    }
}

/// Whether a URL leads to this machine.
pub(super) fn is_local(url: &str) -> bool {
    let host = url.parse::<http::Uri>().ok().and_then(|url| url.host().map(str::to_owned));
    host.is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_key_goes_to_this_machine_only() {
        assert!(
            is_local("http://localhost:7130") && is_local("http://127.0.0.1") && is_local("http://[::1]:1/")
        );
        assert!(
            !is_local("https://localhost.example.com")
                && !is_local("example.com")
                && !is_local("http://[::2]")
        );
    }
}

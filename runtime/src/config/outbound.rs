//! Where functions may send requests, and where the platform is that they call.

use super::{ConfigError, Variables};
use wasmforge_host_api::http::HostPattern;

/// What functions may reach beside the public internet.
#[derive(Clone, Debug, Default)]
pub struct OutboundConfig {
    /// Whether every host may have a private address: `WASMFORGE_ALLOW_PRIVATE_NETWORK`.
    pub allow_private_network: bool,
    /// Hosts that may have private addresses: `WASMFORGE_PRIVATE_HOSTS`, separated by commas.
    pub private_hosts: Vec<HostPattern>,
    /// Where functions reach the platform from beside it: `INSFORGE_INTERNAL_URL`.
    pub internal_url: Option<String>,
    /// Where everybody reaches the platform: `INSFORGE_BASE_URL`, or `API_BASE_URL` as InsForge's backend calls it.
    pub base_url: Option<String>,
}

impl OutboundConfig {
    pub(super) fn from_variables(vars: &Variables) -> Result<Self, ConfigError> {
        let url = |name| vars.get(name).map(str::to_owned);
        Ok(Self {
            allow_private_network: vars.flag("WASMFORGE_ALLOW_PRIVATE_NETWORK"),
            private_hosts: private_hosts(vars)?,
            internal_url: url("INSFORGE_INTERNAL_URL"),
            base_url: url("INSFORGE_BASE_URL").or_else(|| url("API_BASE_URL")),
        })
    }
}

fn private_hosts(vars: &Variables) -> Result<Vec<HostPattern>, ConfigError> {
    const NAME: &str = "WASMFORGE_PRIVATE_HOSTS";
    let Some(value) = vars.get(NAME) else { return Ok(Vec::new()) };
    let hosts = value.split(',').map(str::trim).filter(|host| !host.is_empty());
    let parsed: Result<_, _> = hosts.map(str::parse).collect();
    parsed.map_err(|error| ConfigError {
        name: NAME.to_owned(),
        value: value.to_owned(),
        problem: format!("is no list of hosts: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(vars: &[(&str, &str)]) -> Result<OutboundConfig, ConfigError> {
        OutboundConfig::from_variables(&vars.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect())
    }

    #[test]
    fn private_hosts_are_a_list() {
        let config =
            config(&[("WASMFORGE_PRIVATE_HOSTS", "db.internal:8080, *.svc.local,10.0.0.5,")]).unwrap();
        let hosts: Vec<_> = config.private_hosts.iter().map(ToString::to_string).collect();
        assert_eq!(hosts, ["db.internal:8080", "*.svc.local", "10.0.0.5"]);
    }

    #[test]
    fn a_host_that_is_none_is_named() {
        let error = config(&[("WASMFORGE_PRIVATE_HOSTS", "a.b,10.0.0.0/8")]).unwrap_err().to_string();
        assert!(error.contains("WASMFORGE_PRIVATE_HOSTS") && error.contains("10.0.0.0/8"), "{error}");
    }

    #[test]
    fn the_platforms_address_has_insforges_names() {
        let config = config(&[("API_BASE_URL", "https://a"), ("INSFORGE_INTERNAL_URL", "")]).unwrap();
        assert_eq!((config.base_url.as_deref(), config.internal_url), (Some("https://a"), None));
    }
}

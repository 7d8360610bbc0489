//! Which endpoint is asked, and with which key.

use crate::http::{Destination, HostPattern, OutboundPolicy};
use crate::secrets::SecretSet;
use http::Uri;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// Endpoints that are known by the name of the secret that holds their key, in the order in which they are tried.
const KNOWN: [(&str, &str); 2] =
    [("OPENROUTER_API_KEY", "https://openrouter.ai/api/v1"), ("OPENAI_API_KEY", "https://api.openai.com/v1")];

/// The host that has no endpoint for images, but models that answer a chat with them.
const PAINTS_BY_CHAT: &str = "openrouter.ai";

/// What an operator says of language models.
#[derive(Clone, Default)]
pub struct AiSettings {
    /// The endpoint; without one, that of the key that is there.
    pub base_url: Option<BaseUrl>,
    /// Its key; without one, a secret's.
    pub api_key: Option<Zeroizing<String>>,
    /// The models that may be used; `None` for all.
    pub models: Option<Vec<super::ModelPattern>>,
    /// How images are made; without a choice, as the endpoint's host is known to.
    pub images: Option<ImageStyle>,
    /// How long an endpoint may be silent; two minutes without a choice.
    pub timeout: Option<Duration>,
}

/// Without the key, so that a configuration can be printed.
impl std::fmt::Debug for AiSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { base_url, api_key, models, images, timeout } = self;
        f.debug_struct("AiSettings")
            .field("base_url", base_url)
            .field("api_key", &api_key.as_ref().map(|_| "…"))
            .field("models", models)
            .field("images", images)
            .field("timeout", timeout)
            .finish()
    }
}

/// How an endpoint makes images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageStyle {
    /// `POST /images/generations`, as OpenAI does.
    Endpoint,
    /// A chat whose answer has images, as OpenRouter does.
    Chat,
}

/// The URL that an endpoint's paths come after: `https://openrouter.ai/api/v1`.
#[derive(Clone, Debug)]
pub struct BaseUrl {
    text: String,
    host: String,
    policy: Arc<OutboundPolicy>,
}

/// A text that is no URL of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an http or https URL without credentials and query")]
pub struct BaseUrlError;

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| BaseUrlError)?;
        let destination = Destination::of(&uri).map_err(|_| BaseUrlError)?;
        let host = uri.host().filter(|_| uri.query().is_none()).ok_or(BaseUrlError)?;
        let pattern: HostPattern =
            format!("{host}:{}", destination.port).parse().map_err(|_| BaseUrlError)?;
        // The operator named this host, so it may be a private one. Nothing else is reached this way.
        let policy = OutboundPolicy::public_internet()
            .granting(vec![pattern.clone()])
            .with_private_hosts(vec![pattern]);
        Ok(Self {
            text: text.trim_end_matches('/').to_owned(),
            host: host.to_owned(),
            policy: Arc::new(policy),
        })
    }
}

/// An endpoint that can be asked.
#[derive(Clone)]
pub(super) struct Endpoint {
    base: BaseUrl,
    key: Option<Zeroizing<String>>,
    pub(super) images: ImageStyle,
}

impl Endpoint {
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base.text)
    }

    pub(super) fn key(&self) -> Option<&str> {
        self.key.as_ref().map(|key| key.as_str())
    }

    pub(super) fn policy(&self) -> Arc<OutboundPolicy> {
        self.base.policy.clone()
    }
}

/// The endpoints that a process may ask.
pub(super) struct Endpoints {
    chosen: Option<BaseUrl>,
    key: Option<Zeroizing<String>>,
    images: Option<ImageStyle>,
    known: Vec<(&'static str, BaseUrl)>,
}

impl Endpoints {
    pub(super) fn new(settings: &AiSettings) -> Self {
        let known = KNOWN.iter().filter_map(|(secret, url)| Some((*secret, url.parse().ok()?))).collect();
        let (chosen, key) = (settings.base_url.clone(), settings.api_key.clone());
        Self { chosen, key, images: settings.images, known }
    }

    /// The endpoint of this moment: secrets come and go.
    pub(super) fn current(&self, secrets: &SecretSet) -> Option<Endpoint> {
        let secret = |name: &str| secrets.value(name).map(|value| Zeroizing::new(value.to_owned()));
        let mut keys = self.known.iter().map(|(name, base)| (secret(name), base));
        let (key, base) = match (&self.chosen, &self.key) {
            // An endpoint of one's own may want no key at all.
            (Some(base), key) => (key.clone().or_else(|| keys.find_map(|(key, _)| key)), base),
            (None, Some(key)) => (Some(key.clone()), &self.known.first()?.1),
            (None, None) => keys.find(|(key, _)| key.is_some())?,
        };
        let by_host = if base.host == PAINTS_BY_CHAT { ImageStyle::Chat } else { ImageStyle::Endpoint };
        Some(Endpoint { base: base.clone(), key, images: self.images.unwrap_or(by_host) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Secret;

    fn secrets(names: &[&str]) -> SecretSet {
        let secret = |name: &&str| Secret {
            name: (*name).to_owned(),
            value: Zeroizing::new(format!("value of {name}")),
            reserved: true,
        };
        SecretSet::new(names.iter().map(secret).collect())
    }

    fn current(
        base_url: Option<&str>,
        api_key: Option<&str>,
        names: &[&str],
    ) -> Option<(String, Option<String>)> {
        let settings = AiSettings {
            base_url: base_url.map(|url| url.parse().unwrap()),
            api_key: api_key.map(|key| Zeroizing::new(key.to_owned())),
            ..AiSettings::default()
        };
        let endpoint = Endpoints::new(&settings).current(&secrets(names))?;
        Some((endpoint.url("x"), endpoint.key().map(str::to_owned)))
    }

    #[test]
    fn the_key_that_is_there_decides_unless_the_operator_does() {
        let own = "http://127.0.0.1:11434/v1/";
        let both = ["OPENAI_API_KEY", "OPENROUTER_API_KEY"];
        let of = |url: &str, key: Option<&str>| Some((url.to_owned(), key.map(str::to_owned)));
        assert_eq!(current(None, None, &[]), None);
        assert_eq!(
            current(None, None, &both),
            of("https://openrouter.ai/api/v1/x", Some("value of OPENROUTER_API_KEY"))
        );
        assert_eq!(
            current(None, None, &["OPENAI_API_KEY"]),
            of("https://api.openai.com/v1/x", Some("value of OPENAI_API_KEY"))
        );
        assert_eq!(
            current(None, Some("k"), &["OPENAI_API_KEY"]),
            of("https://openrouter.ai/api/v1/x", Some("k"))
        );
        assert_eq!(current(Some(own), None, &[]), of("http://127.0.0.1:11434/v1/x", None));
        assert_eq!(current(Some(own), Some("k"), &both), of("http://127.0.0.1:11434/v1/x", Some("k")));
    }

    #[test]
    fn only_a_plain_url_is_an_endpoint() {
        for bad in ["", "openrouter.ai", "ftp://a/", "http://u:p@a/", "http://a/?x=1", "http://2130706433/"] {
            assert!(bad.parse::<BaseUrl>().is_err(), "{bad}");
        }
        assert!("http://[::1]:8080/v1".parse::<BaseUrl>().is_ok());
    }
}

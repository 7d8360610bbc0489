//! Where traces and metrics go, by OpenTelemetry's variables.
//!
//! What is wrong in them is warned about, and the node starts: telemetry must not keep functions from being served.

use super::{Secret, Variables};
use crate::telemetry::{Sampler, Sampling};
use std::fmt;
use std::time::Duration;
use wasmforge_host_api::http::OwnedEndpoint;

/// How long an export may take, unless `OTEL_EXPORTER_OTLP_TIMEOUT` says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Between two exports of metrics, unless `OTEL_METRIC_EXPORT_INTERVAL` says otherwise.
const METRIC_INTERVAL: Duration = Duration::from_secs(60);

/// What is exported by OTLP over HTTP in protobuf, and where.
#[derive(Clone, Debug)]
pub struct OtlpConfig {
    /// Where traces go, if they go anywhere.
    pub traces: Option<OtlpEndpoint>,
    /// Where metrics go, if they go anywhere.
    pub metrics: Option<OtlpEndpoint>,
    /// What the process is: `service.name` and other attributes.
    pub resource: Vec<(String, String)>,
    /// Which traces are recorded.
    pub sampling: Sampling,
    /// How long an export may take.
    pub timeout: Duration,
    /// Between two exports of metrics.
    pub metric_interval: Duration,
}

/// Where something is exported to.
#[derive(Clone)]
pub struct OtlpEndpoint {
    /// The URL.
    pub url: OwnedEndpoint,
    /// Headers of every request. They may hold a key.
    pub headers: Vec<(String, Secret)>,
}

impl fmt::Debug for OtlpEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpEndpoint").field("headers", &self.headers).finish_non_exhaustive()
    }
}

/// One of the things that are exported.
struct Signal {
    /// How OpenTelemetry's variables call it.
    name: &'static str,
    /// Where it goes below the address of all signals.
    path: &'static str,
    endpoint: &'static str,
    headers: &'static str,
    exporter: &'static str,
}

const TRACES: Signal = Signal {
    name: "traces",
    path: "v1/traces",
    endpoint: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    headers: "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    exporter: "OTEL_TRACES_EXPORTER",
};

const METRICS: Signal = Signal {
    name: "metrics",
    path: "v1/metrics",
    endpoint: "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    headers: "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    exporter: "OTEL_METRICS_EXPORTER",
};

impl OtlpConfig {
    /// Reads it.
    #[must_use]
    pub fn from_variables(vars: &Variables) -> Self {
        let traces = TRACES.endpoint(vars);
        let sampling = match &traces {
            Some(_) => sampling(vars),
            None => Sampling::default(),
        };
        if let Some(protocol) = vars.get("OTEL_EXPORTER_OTLP_PROTOCOL")
            && protocol != "http/protobuf"
        {
            tracing::warn!("OTEL_EXPORTER_OTLP_PROTOCOL {protocol:?} is not spoken, using http/protobuf");
        }
        Self {
            traces,
            metrics: METRICS.endpoint(vars),
            resource: resource(vars),
            sampling,
            timeout: millis(vars, "OTEL_EXPORTER_OTLP_TIMEOUT", TIMEOUT),
            metric_interval: millis(vars, "OTEL_METRIC_EXPORT_INTERVAL", METRIC_INTERVAL),
        }
    }
}

impl Signal {
    fn endpoint(&self, vars: &Variables) -> Option<OtlpEndpoint> {
        if vars.get("OTEL_SDK_DISABLED").is_some_and(|disabled| disabled.eq_ignore_ascii_case("true")) {
            return None;
        }
        match vars.get(self.exporter) {
            None | Some("otlp") => {}
            Some("none") => return None,
            Some(other) => {
                tracing::warn!("{} {other:?} is not known, {} are not exported", self.exporter, self.name);
                return None;
            }
        }
        let of_all = || {
            let base = vars.get("OTEL_EXPORTER_OTLP_ENDPOINT")?;
            Some(("OTEL_EXPORTER_OTLP_ENDPOINT", format!("{}/{}", base.trim_end_matches('/'), self.path)))
        };
        let own = vars.get(self.endpoint).map(|url| (self.endpoint, url.to_owned()));
        let (variable, url) = own.or_else(of_all)?;
        let headers = ["OTEL_EXPORTER_OTLP_HEADERS", self.headers]
            .into_iter()
            .flat_map(|name| pairs(vars, name))
            .map(|(name, value)| (name.to_ascii_lowercase(), Secret::new(value)))
            .collect();
        match url.parse() {
            Ok(url) => Some(OtlpEndpoint { url, headers }),
            // It may hold credentials, so it is not shown.
            Err(error) => {
                tracing::warn!("{variable} is {error}, {} are not exported", self.name);
                None
            }
        }
    }
}

fn resource(vars: &Variables) -> Vec<(String, String)> {
    let mut resource = pairs(vars, "OTEL_RESOURCE_ATTRIBUTES");
    let named = resource.iter().any(|(name, _)| name == "service.name");
    if let Some(name) = vars.get("OTEL_SERVICE_NAME") {
        resource.retain(|(name, _)| name != "service.name");
        resource.push(("service.name".to_owned(), name.to_owned()));
    } else if !named {
        resource.push(("service.name".to_owned(), "wasmforge".to_owned()));
    }
    if !resource.iter().any(|(name, _)| name == "service.version") {
        resource.push(("service.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()));
    }
    resource
}

/// `name=value,name=value`; values are percent-encoded (W3C Baggage).
fn pairs(vars: &Variables, variable: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        (!name.is_empty()).then(|| (name.to_owned(), decoded(value)))
    };
    let text = vars.get(variable).unwrap_or_default();
    let given = text.split(',').filter(|part| !part.trim().is_empty());
    given
        .filter_map(|text| {
            let pair = pair(text);
            if pair.is_none() {
                tracing::warn!("{variable} holds a part that is not of the form name=value");
            }
            pair
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digit =
            |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(high << 4 | low);
                rest = ahead;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn sampling(vars: &Variables) -> Sampling {
    let name = vars.get("OTEL_TRACES_SAMPLER").unwrap_or("parentbased_always_on");
    let (by_parent, kind) = match name.strip_prefix("parentbased_") {
        Some(kind) => (true, kind),
        None => (false, name),
    };
    let sampler = match kind {
        "always_on" => Sampler::AlwaysOn,
        "always_off" => Sampler::AlwaysOff,
        "traceidratio" => Sampler::Ratio(ratio(vars)),
        _ => {
            tracing::warn!("OTEL_TRACES_SAMPLER {name:?} is not known, using parentbased_always_on");
            return Sampling { sampler: Some(Sampler::AlwaysOn), by_parent: true };
        }
    };
    Sampling { sampler: Some(sampler), by_parent }
}

fn ratio(vars: &Variables) -> f64 {
    match vars.get("OTEL_TRACES_SAMPLER_ARG").map(|text| text.trim().parse::<f64>()) {
        Some(Ok(ratio)) if (0.0..=1.0).contains(&ratio) => ratio,
        None => 1.0,
        Some(_) => {
            tracing::warn!("OTEL_TRACES_SAMPLER_ARG is not a number from 0 to 1, using 1");
            1.0
        }
    }
}

fn millis(vars: &Variables, name: &str, default: Duration) -> Duration {
    match vars.get(name).map(|text| text.trim().parse::<u64>()) {
        None => default,
        Some(Ok(millis)) if millis > 0 => Duration::from_millis(millis),
        Some(_) => {
            tracing::warn!("{name} is not a number of milliseconds, using {}", default.as_millis());
            default
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(vars: &[(&str, &str)]) -> OtlpConfig {
        OtlpConfig::from_variables(&vars.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    fn url(endpoint: &Option<OtlpEndpoint>) -> Option<String> {
        endpoint.as_ref().map(|endpoint| endpoint.url.to_string())
    }

    #[test]
    fn nothing_is_exported_unless_it_is_said_where_to() {
        let none = config(&[("OTEL_TRACES_SAMPLER", "always_on")]);
        assert!(none.traces.is_none() && none.metrics.is_none() && none.sampling.sampler.is_none());
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/");
        let both = config(&[base]);
        assert_eq!(url(&both.traces).as_deref(), Some("http://collector:4318/v1/traces"));
        assert_eq!(url(&both.metrics).as_deref(), Some("http://collector:4318/v1/metrics"));
        let own = config(&[
            base,
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://t/x"),
            ("OTEL_METRICS_EXPORTER", "none"),
        ]);
        assert_eq!((url(&own.traces).as_deref(), url(&own.metrics)), (Some("https://t/x"), None));
        assert!(config(&[base, ("OTEL_SDK_DISABLED", "true")]).traces.is_none());
        assert!(config(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "collector")]).traces.is_none());
    }

    #[test]
    fn headers_are_decoded_and_never_printed() {
        let config = config(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20hunter2, x-a = 1,nonsense"),
        ]);
        let headers = &config.traces.as_ref().unwrap().headers;
        let told: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
        assert_eq!(told, [("authorization", "Bearer hunter2"), ("x-a", "1")]);
        assert!(!format!("{config:?}").contains("hunter2"));
        assert_eq!(decoded("%zz%4"), "%zz%4");
    }

    #[test]
    fn the_service_has_a_name() {
        let name = |vars: &[(&str, &str)]| {
            let resource = config(vars).resource;
            let names: Vec<_> = resource.into_iter().filter(|(name, _)| name == "service.name").collect();
            assert_eq!(names.len(), 1);
            names[0].1.clone()
        };
        let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=b,deployment.environment=test");
        assert_eq!(name(&[]), "wasmforge");
        assert_eq!(name(&[attributes]), "b");
        assert_eq!(name(&[attributes, ("OTEL_SERVICE_NAME", "a")]), "a");
    }

    #[test]
    fn samplers_are_read() {
        let of = |name: &str, arg: &str| {
            config(&[
                ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"),
                ("OTEL_TRACES_SAMPLER", name),
                ("OTEL_TRACES_SAMPLER_ARG", arg),
            ])
            .sampling
        };
        let sampling = |sampler, by_parent| Sampling { sampler: Some(sampler), by_parent };
        assert_eq!(of("", ""), sampling(Sampler::AlwaysOn, true));
        assert_eq!(of("always_off", ""), sampling(Sampler::AlwaysOff, false));
        assert_eq!(of("parentbased_traceidratio", "0.25"), sampling(Sampler::Ratio(0.25), true));
        assert_eq!(of("traceidratio", "2"), sampling(Sampler::Ratio(1.0), false));
        assert_eq!(of("xray", ""), sampling(Sampler::AlwaysOn, true));
    }
}

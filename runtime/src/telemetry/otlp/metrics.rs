//! The metrics that Prometheus reads, as OTLP has them.
//!
//! There is one set of numbers: the text that a scrape is answered with. It is our own, so reading it back needs no
//! more than our own form of the format (version 0.0.4).

use super::attributes::{scope, text};
use super::{ExportCounts, Exporter};
use crate::config::OtlpConfig;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum,
};
use prost::Message as _;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};
use tokio_util::sync::CancellationToken;
use wasmforge_host_api::http::Outbound;

/// Sends metrics.
pub struct MetricsExport {
    exporter: Exporter,
    interval: Duration,
    started: u64,
}

impl MetricsExport {
    /// An export as configured; `None` where metrics go nowhere.
    #[must_use]
    pub fn new(config: &OtlpConfig, outbound: Outbound, counts: Arc<ExportCounts>) -> Option<Arc<Self>> {
        let endpoint = config.metrics.clone()?;
        let exporter = Exporter::new(config, endpoint, outbound, counts);
        Some(Arc::new(Self { exporter, interval: config.metric_interval, started: now() }))
    }

    /// Between two exports.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Sends the numbers of a scrape. One that no collector takes is counted; the next has the same numbers and more.
    pub async fn export(&self, scrape: &str, stop: &CancellationToken) {
        let scope_metrics = ScopeMetrics {
            scope: Some(scope()),
            metrics: metrics(scrape, self.started, now()),
            ..ScopeMetrics::default()
        };
        let resource_metrics = ResourceMetrics {
            resource: Some(self.exporter.resource.clone()),
            scope_metrics: vec![scope_metrics],
            ..ResourceMetrics::default()
        };
        let request = ExportMetricsServiceRequest { resource_metrics: vec![resource_metrics] };
        if let Err(error) = self.exporter.send(Bytes::from(request.encode_to_vec()), stop).await {
            tracing::warn!(%error, "metrics were not exported");
            self.exporter.counts.metrics_failed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// A metric while its lines are read.
#[derive(Default)]
struct Family {
    help: String,
    kind: String,
    samples: Vec<Sample>,
}

struct Sample {
    /// What follows the metric's name: `_bucket`, `_sum`, `_count`, or nothing.
    suffix: String,
    labels: Vec<(String, String)>,
    value: f64,
}

fn metrics(scrape: &str, started: u64, now: u64) -> Vec<Metric> {
    let mut families = BTreeMap::<String, Family>::new();
    let mut current = String::new();
    for line in scrape.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap_or((rest, ""));
            families.entry(name.to_owned()).or_default().help = help.to_owned();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap_or((rest, ""));
            current = name.to_owned();
            families.entry(current.clone()).or_default().kind = kind.to_owned();
        } else if let Some((name, labels, value)) = sample(line)
            && let Some(suffix) = name.strip_prefix(current.as_str())
            && let Some(family) = families.get_mut(&current)
        {
            family.samples.push(Sample { suffix: suffix.to_owned(), labels, value });
        }
    }
    families.into_iter().filter_map(|(name, family)| metric(name, family, started, now)).collect()
}

fn metric(name: String, family: Family, started: u64, now: u64) -> Option<Metric> {
    let cumulative = AggregationTemporality::Cumulative.into();
    let data = match family.kind.as_str() {
        _ if family.samples.is_empty() => return None,
        "counter" => Data::Sum(Sum {
            data_points: family.samples.iter().map(|sample| point(sample, started, now)).collect(),
            aggregation_temporality: cumulative,
            is_monotonic: true,
        }),
        "gauge" => Data::Gauge(Gauge {
            data_points: family.samples.iter().map(|sample| point(sample, 0, now)).collect(),
        }),
        "histogram" => Data::Histogram(Histogram {
            data_points: histograms(&family.samples, started, now),
            aggregation_temporality: cumulative,
        }),
        _ => return None,
    };
    let unit = if name.ends_with("_seconds") { "s" } else { "" };
    Some(Metric {
        name,
        description: family.help,
        unit: unit.to_owned(),
        data: Some(data),
        ..Metric::default()
    })
}

fn attributes(labels: &[(String, String)]) -> Vec<KeyValue> {
    labels.iter().map(|(name, value)| text(name, value)).collect()
}

fn point(sample: &Sample, started: u64, now: u64) -> NumberDataPoint {
    NumberDataPoint {
        attributes: attributes(&sample.labels),
        start_time_unix_nano: started,
        time_unix_nano: now,
        value: Some(Value::AsDouble(sample.value)),
        ..NumberDataPoint::default()
    }
}

/// One point for each set of labels.
fn histograms(samples: &[Sample], started: u64, now: u64) -> Vec<HistogramDataPoint> {
    let mut points = BTreeMap::<Vec<(String, String)>, HistogramDataPoint>::new();
    for sample in samples {
        let labels: Vec<_> = sample.labels.iter().filter(|(name, _)| name != "le").cloned().collect();
        let point = points.entry(labels).or_insert_with_key(|labels| HistogramDataPoint {
            attributes: attributes(labels),
            start_time_unix_nano: started,
            time_unix_nano: now,
            ..HistogramDataPoint::default()
        });
        match sample.suffix.as_str() {
            "_sum" => point.sum = Some(sample.value),
            "_count" => point.count = count(sample.value),
            "_bucket" => {
                let bound =
                    sample.labels.iter().find(|(name, _)| name == "le").and_then(|(_, le)| le.parse().ok());
                // Prometheus adds buckets up, OTLP does not.
                let before: u64 = point.bucket_counts.iter().sum();
                point.bucket_counts.push(count(sample.value).saturating_sub(before));
                point.explicit_bounds.extend(bound.filter(|bound: &f64| bound.is_finite()));
            }
            _ => {}
        }
    }
    points.into_values().collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are whole and below 2^53"
)]
fn count(value: f64) -> u64 {
    value as u64
}

/// Names and values.
type Labels = Vec<(String, String)>;

/// `name{label="value",…} number`
fn sample(line: &str) -> Option<(&str, Labels, f64)> {
    let end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at(end);
    let (labels, value) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Vec::new(), rest),
    };
    Some((name, labels, value.trim().parse().ok()?))
}

/// Labels up to the closing brace, and what follows it.
fn labels(mut rest: &str) -> Option<(Labels, &str)> {
    let mut labels = Vec::new();
    loop {
        rest = rest.trim_start_matches(',');
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (name, quoted) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        let end = loop {
            match characters.next()? {
                (at, '"') => break at,
                (_, '\\') => value.push(match characters.next()?.1 {
                    'n' => '\n',
                    other => other,
                }),
                (_, other) => value.push(other),
            }
        };
        labels.push((name.to_owned(), value));
        rest = quoted.get(end + 1..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRAPE: &str = r#"# HELP calls_total Calls
# TYPE calls_total counter
calls_total{slug="a",outcome="ok"} 3
calls_total{slug="b\"\\\n",outcome="trap"} 1

# TYPE live gauge
live 2

# HELP took_seconds How long
# TYPE took_seconds histogram
took_seconds_bucket{slug="a",le="0.1"} 1
took_seconds_bucket{slug="a",le="1"} 3
took_seconds_bucket{slug="a",le="+Inf"} 4
took_seconds_sum{slug="a"} 7.5
took_seconds_count{slug="a"} 4
"#;

    #[test]
    fn a_scrape_is_told_in_otlps_terms() {
        let metrics = metrics(SCRAPE, 1, 2);
        let names: Vec<_> = metrics.iter().map(|metric| metric.name.as_str()).collect();
        assert_eq!(names, ["calls_total", "live", "took_seconds"]);
        let Some(Data::Sum(calls)) = &metrics[0].data else { panic!() };
        assert!(calls.is_monotonic && metrics[0].description == "Calls");
        assert_eq!(calls.data_points[0].value, Some(Value::AsDouble(3.0)));
        assert_eq!(calls.data_points[1].attributes[0], text("slug", "b\"\\\n"));
        let Some(Data::Histogram(took)) = &metrics[2].data else { panic!() };
        let point = &took.data_points[0];
        assert_eq!((&*point.bucket_counts, &*point.explicit_bounds), (&[1, 2, 1][..], &[0.1, 1.0][..]));
        assert_eq!((point.sum, point.count, metrics[2].unit.as_str()), (Some(7.5), 4, "s"));
    }

    #[test]
    fn what_the_process_counts_can_be_read_back() {
        let ours = crate::telemetry::Metrics::detached();
        ours.code_loaded("disk");
        ours.compiled(Duration::from_millis(20));
        let scrape = ours.render(crate::telemetry::Gauges { instances: 7, ..Default::default() });
        let metrics = metrics(&scrape, 1, 2);
        let found =
            |name: &str| metrics.iter().find(|metric| metric.name == name).and_then(|m| m.data.clone());
        assert!(matches!(found("wasmforge_code_loads_total"), Some(Data::Sum(_))), "{scrape}");
        assert!(matches!(found("wasmforge_compile_seconds"), Some(Data::Histogram(_))), "{scrape}");
        let Some(Data::Gauge(live)) = found("wasmforge_instances_live") else { panic!("{scrape}") };
        assert_eq!(live.data_points[0].value, Some(Value::AsDouble(7.0)));
    }
}

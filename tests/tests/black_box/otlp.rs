//! What is exported to a collector of OpenTelemetry.

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use std::time::Duration;
use wasmforge_tests::{Collector, Database, Node, Peer, Serve, attribute, component, in_time, request};

fn serve(database: &Database, collector: &str) -> Serve {
    Serve::over(database)
        .var("WASMFORGE_ALLOW_PRIVATE_NETWORK", 1)
        .var("OTEL_EXPORTER_OTLP_ENDPOINT", collector)
        .var("OTEL_METRIC_EXPORT_INTERVAL", 200)
}

async fn deploy(node: &Node) {
    node.deploy("probe", std::fs::read(component("probe")).unwrap()).await;
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn of<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no span {name}: {spans:#?}"))
}

#[tokio::test]
async fn an_invocation_and_its_calls_are_spans_of_the_callers_trace() {
    let database = Database::create().await;
    let collector = Collector::start().await;
    let node = serve(&database, &collector.url())
        .var("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=a%20b")
        .var("OTEL_SERVICE_NAME", "edge")
        .var("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
        .start()
        .await;
    deploy(&node).await;
    let peer = Peer::start(|_| (503, "away".to_owned())).await;
    let path = format!("/probe?do=fetch&url={}", peer.url("/x"));
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let asked = request("GET", &path)
        .header("traceparent", parent)
        .header("tracestate", "vendor=1")
        .body("")
        .unwrap();
    let id = node.functions.send(asked).await.invocation();
    let spans = collector.spans_when("two spans", |spans| spans.len() == 2).await;

    let server = of(&spans, "GET /probe");
    assert_eq!(server.kind, SpanKind::Server as i32);
    assert_eq!(hex(&server.trace_id), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(hex(&server.parent_span_id), "b7ad6b7169203331");
    for (name, value) in [
        ("faas.name", "probe"),
        ("faas.version", "1"),
        ("faas.invocation_id", id.as_str()),
        ("faas.trigger", "http"),
        ("http.request.method", "GET"),
        ("http.route", "/probe"),
        ("http.response.status_code", "503"),
        ("wasmforge.outcome", "ok"),
    ] {
        assert_eq!(attribute(&server.attributes, name).as_deref(), Some(value), "{name}");
    }
    let host = peer.url("").replace("http://", "");
    let client = of(&spans, &format!("GET {host}"));
    assert_eq!((client.kind, &client.parent_span_id), (SpanKind::Client as i32, &server.span_id));
    assert_eq!(client.trace_id, server.trace_id);
    assert_eq!(attribute(&client.attributes, "server.address").as_deref(), Some("127.0.0.1"));
    assert_eq!(client.status.as_ref().unwrap().code, 2, "it answered 503");
    assert!(client.start_time_unix_nano >= server.start_time_unix_nano);
    assert!(client.end_time_unix_nano <= server.end_time_unix_nano);

    let sent = &peer.received()[0];
    let handed_on = format!("00-{}-{}-01", hex(&server.trace_id), hex(&client.span_id));
    assert_eq!(sent.header("traceparent"), Some(handed_on.as_str()));
    assert_eq!(sent.header("tracestate"), Some("vendor=1"));
    let resource = collector.resource().attributes;
    assert_eq!(attribute(&resource, "service.name").as_deref(), Some("edge"));
    assert_eq!(attribute(&resource, "deployment.environment").as_deref(), Some("test"));
    let export = &collector.received("/v1/traces")[0];
    assert_eq!(
        (export.header("x-tenant"), export.header("content-type")),
        (Some("a b"), Some("application/x-protobuf"))
    );
}

#[tokio::test]
async fn functions_that_call_each_other_are_spans_of_one_trace() {
    let database = Database::create().await;
    let collector = Collector::start().await;
    let node = serve(&database, &collector.url()).start().await;
    deploy(&node).await;
    node.deploy("caller", std::fs::read(component("sdk-probe")).unwrap()).await;
    node.update("caller", serde_json::json!({ "capabilities": { "functions": ["probe"] } })).await;
    node.functions.get("/caller?do=call&slug=probe").await;
    let spans = collector.spans_when("three spans", |spans| spans.len() == 3).await;
    let (caller, call, called) = (of(&spans, "GET /caller"), of(&spans, "probe"), of(&spans, "POST /probe"));
    assert!(caller.parent_span_id.is_empty());
    assert_eq!((&call.parent_span_id, &called.parent_span_id), (&caller.span_id, &call.span_id));
    assert!(spans.iter().all(|span| span.trace_id == caller.trace_id));
    assert_eq!(attribute(&call.attributes, "faas.invoked_name").as_deref(), Some("probe"));
}

#[tokio::test]
async fn traces_that_nobody_wants_are_not_recorded() {
    let database = Database::create().await;
    let collector = Collector::start().await;
    let node =
        serve(&database, &collector.url()).var("OTEL_TRACES_SAMPLER", "parentbased_always_off").start().await;
    deploy(&node).await;
    node.functions.get("/probe?do=ok").await;
    let with = async |flags: &str| {
        let parent = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
        let asked = request("GET", "/probe?do=ok").header("traceparent", parent).body("").unwrap();
        node.functions.send(asked).await.invocation()
    };
    with("00").await;
    let wanted = with("01").await;
    let spans = collector.spans_when("the sampled one", |spans| !spans.is_empty()).await;
    let recorded: Vec<_> =
        spans.iter().map(|span| attribute(&span.attributes, "faas.invocation_id").unwrap()).collect();
    assert_eq!(recorded, [wanted]);
}

#[tokio::test]
async fn metrics_are_those_that_prometheus_reads() {
    let database = Database::create().await;
    let collector = Collector::start().await;
    let node = serve(&database, &collector.url()).var("OTEL_TRACES_EXPORTER", "none").start().await;
    deploy(&node).await;
    let last = node.functions.get("/probe?do=ok").await.invocation();
    node.call_line(&last).await;
    let calls = in_time("the metric", async {
        loop {
            let metrics = collector.metrics();
            let calls = metrics.iter().find(|metric| metric.name == "wasmforge_invocations_total").cloned();
            if let Some(Data::Sum(sum)) = calls.and_then(|metric| metric.data) {
                return sum;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    assert!(calls.is_monotonic);
    let point = &calls.data_points[0];
    assert_eq!(attribute(&point.attributes, "slug").as_deref(), Some("probe"));
    assert_eq!(attribute(&point.attributes, "outcome").as_deref(), Some("ok"));
    let exported: Vec<_> = collector.metrics().into_iter().map(|metric| metric.name).collect();
    let scraped = node.platform().get("/metrics").await;
    let scraped: Vec<_> =
        scraped.text().lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(exported.iter().all(|name| scraped.contains(&name.as_str())), "{exported:?} {scraped:?}");
    assert!(collector.received("/v1/traces").is_empty());
}

#[tokio::test]
async fn a_collector_that_is_away_costs_spans_and_nothing_else() {
    let database = Database::create().await;
    let collector = Collector::start().await;
    collector.answers(400);
    let node = serve(&database, &collector.url()).start().await;
    deploy(&node).await;
    assert_eq!(node.functions.get("/probe?do=ok").await.code(), 200);
    let counted = async |name: &str| {
        let counted = async {
            while node.metric(name).await < 1.0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        in_time(name, counted).await;
    };
    counted("wasmforge_spans_dropped_total").await;
    counted("wasmforge_metric_exports_failed_total").await;
    collector.answers(503);
    let retried = node.functions.get("/probe?do=ok").await.invocation();
    let tried = async {
        let count = collector.received("/v1/traces").len();
        while collector.received("/v1/traces").len() <= count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    in_time("a try", tried).await;
    collector.answers(200);
    counted("wasmforge_spans_exported_total").await;
    let spans = collector.spans();
    assert!(
        spans.iter().any(|span| attribute(&span.attributes, "faas.invocation_id") == Some(retried.clone()))
    );
    let mut process = node.process;
    process.terminate();
    assert!(process.exit().await.success());
}

#[tokio::test]
async fn what_is_wrong_with_the_variables_is_warned_about() {
    let database = Database::create().await;
    let node = Serve::over(&database)
        .var("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")
        .var("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
        .start()
        .await;
    for warned in ["OTEL_EXPORTER_OTLP_ENDPOINT is not an http or https URL", "is not spoken"] {
        node.process.stderr.containing(warned).await;
    }
    assert_eq!(node.health().await.0, 200);
}

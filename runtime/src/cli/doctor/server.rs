//! A server, seen from outside.

use super::database::clock;
use super::finding::Finding;
use crate::client::health::{Health, Node};
use crate::client::{Answered, Api, ClientError};
use crate::config::Secret;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

pub(super) async fn examine(url: &str, key: Option<Secret>) -> Vec<Finding> {
    let has_key = key.is_some();
    let api = match Api::new(url, key.unwrap_or_default()) {
        Ok(api) => api,
        Err(error) => return vec![Finding::bad("server", error.to_string(), "correct --url")],
    };
    let (health, date) = match api.health().await {
        Ok(answered) => answered,
        Err(error) => {
            return vec![Finding::bad("server", error.to_string(), "start it, or correct --url")];
        }
    };
    let mut findings = vec![server(&api, &health), database(&health)];
    findings.extend(date.as_deref().and_then(ahead).map(|ahead| clock("the server's clock", ahead)));
    if !has_key {
        findings.push(Finding::absent("API key", "none was given: --api-key or ACCESS_API_KEY"));
        return findings;
    }
    let keyed = key_of(&api).await;
    let accepted = keyed.state == super::State::Good;
    findings.push(keyed);
    if accepted {
        findings.extend(nodes(&api).await);
    }
    findings
}

fn server(api: &Api, health: &Health) -> Finding {
    let ours = env!("CARGO_PKG_VERSION");
    let service = health.service.as_deref().unwrap_or("a server");
    match health.version.as_deref() {
        Some(version) if service == "wasmforge" && version != ours => Finding::caution(
            "server",
            format!("{} is wasmforge {version}, this program is {ours}", api.base()),
            "use the same version here and there",
        ),
        version => {
            Finding::good("server", format!("{} is {service} {}", api.base(), version.unwrap_or_default()))
        }
    }
}

fn database(health: &Health) -> Finding {
    match health.database.as_deref() {
        Some("connected") => Finding::good("database", "connected"),
        None => Finding::absent("database", "the server does not say"),
        Some(state) => Finding::bad(
            "database",
            state,
            "run `wasmforge doctor` on that machine, in the server's environment",
        ),
    }
}

/// How far an HTTP date is ahead of our clock. It has seconds only, and took a moment.
fn ahead(date: &str) -> Option<i64> {
    let date = OffsetDateTime::parse(&date.replace("GMT", "+0000"), &Rfc2822).ok()?;
    let ahead = i64::try_from((date - OffsetDateTime::now_utc()).whole_milliseconds()).ok()?;
    Some(if (-1500..=500).contains(&ahead) { 0 } else { ahead })
}

async fn key_of(api: &Api) -> Finding {
    match api.functions().await {
        Ok(Answered { value, .. }) => {
            Finding::good("API key", format!("accepted; {} functions are deployed", value.functions.len()))
        }
        Err(ClientError::Refused(refusal)) if refusal.status.is_client_error() => Finding::bad(
            "API key",
            refusal.message,
            "give the administrator's with --api-key or ACCESS_API_KEY; a rotated one has ended",
        ),
        Err(error) => Finding::bad("API key", error.to_string(), "the server's log says why"),
    }
}

/// One line per node; none where the server does not know of nodes.
async fn nodes(api: &Api) -> Vec<Finding> {
    match api.nodes().await {
        Ok(Answered { value, .. }) => value.nodes.iter().map(node).collect(),
        Err(_) => Vec::new(),
    }
}

fn node(node: &Node) -> Finding {
    let name = node.host.as_deref().unwrap_or(&node.id);
    let version = node.version.as_deref().unwrap_or_default();
    if node.database_connected == Some(false) {
        let fix = "run `wasmforge doctor` on that machine, in the server's environment";
        return Finding::bad("node", format!("{name} {version} does not reach the database"), fix);
    }
    let problems: Vec<String> = node.problems.iter().map(words).collect();
    match problems.is_empty() {
        true => Finding::good("node", format!("{name} {version}")),
        false => Finding::caution("node", format!("{name}: {}", problems.join("; ")), "see that node's log"),
    }
}

fn words(problem: &Value) -> String {
    let text = problem.as_str().or_else(|| problem.get("message").and_then(Value::as_str));
    text.map_or_else(|| problem.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_date_is_compared_with_our_clock() {
        let date = |offset: i64| {
            let moment = OffsetDateTime::now_utc() + time::Duration::seconds(offset);
            ahead(&moment.format(&Rfc2822).unwrap().replace("+0000", "GMT")).unwrap()
        };
        assert_eq!(date(0), 0);
        assert!((58_000..=60_000).contains(&date(60)), "{}", date(60));
        assert_eq!(ahead("soon"), None);
    }
}

//! Tells whether a webhook can be reached: sends it a test event and reports what came back.
//!
//! | request | answer |
//! |---|---|
//! | `POST` of `{"url":"https://…"}` | `200` and a report, whatever the webhook said; `400` if it is no such URL |
//! | `OPTIONS` | `204`, with what a browser wants to know |
//! | any other method | `405` |
//!
//! The report is `{"success":true,"status_code":204,"latency_ms":12}`. `success` is a status of 200 to 299; where no
//! answer came, there is an `error` in place of `status_code`. What the webhook answers beside its status is not shown: this
//! is no way to read other people's pages. Redirects are not followed.
//!
//! The webhook gets a `POST` of `{"event":"webhook.test","message":"…","timestamp":1767225600}`, the time in seconds
//! since 1970.
//!
//! Whoever may call this may have requests sent, so let it be called by signed-in users only: deploy it with `"auth":
//! "authenticated"`. It needs no other grant than the public internet, which is the default.

use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use wasmforge::http::{self, Method, StatusCode, Uri, header};
use wasmforge::{
    Error, IntoResponse, Json, Request, RequestExt, Response, Result, Timeouts, cors, fetch, response,
};

/// How long each part of the exchange may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest URL.
const LONGEST: usize = 2048;

#[derive(Deserialize)]
struct Wanted {
    url: String,
}

/// What the webhook is sent.
#[derive(Serialize)]
struct Event {
    event: &'static str,
    message: &'static str,
    timestamp: u64,
}

#[derive(Serialize)]
struct Report {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<u16>,
    latency_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[wasmforge::handler]
async fn main(req: Request) -> Response {
    let answer = match cors::preflight(&req) {
        Some(preflight) => preflight,
        None => test(req).await.into_response(),
    };
    cors::allow(answer, "POST, OPTIONS")
}

async fn test(req: Request) -> Result<Response> {
    if req.method() != Method::POST {
        return Err(Error::new(StatusCode::METHOD_NOT_ALLOWED, "the method here is POST"));
    }
    let url = webhook(&req.json::<Wanted>().await?.url)?;
    let request = http::Request::post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "wasmforge-test-webhook")
        .extension(Timeouts::each(PATIENCE))
        .body(Json(event()).into_response().into_body())?;
    let sent = Instant::now();
    let outcome = fetch(request).await;
    let latency_ms = sent.elapsed().as_millis();
    response::json(&match outcome {
        Ok(answer) => Report {
            success: answer.status().is_success(),
            status_code: Some(answer.status().as_u16()),
            latency_ms,
            error: None,
        },
        Err(error) => {
            Report { success: false, status_code: None, latency_ms, error: Some(error.to_string()) }
        }
    })
}

/// A URL that a webhook can have. A user name and a password would end up in logs, so they are none of it.
fn webhook(url: &str) -> Result<Uri> {
    let refused = |reason: &str| Err(Error::bad_request(format!("url: {reason}")));
    if url.len() > LONGEST {
        return refused("it is too long");
    }
    let Ok(uri) = url.parse::<Uri>() else { return refused("it is not a URL") };
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority)) if !authority.as_str().contains('@') => Ok(uri),
        (Some("http" | "https"), Some(_)) => refused("it must not contain a user name"),
        _ => refused("it must begin with http:// or https://"),
    }
}

fn event() -> Event {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Event {
        event: "webhook.test",
        message: "This is a test. Nothing happened.",
        timestamp: now.map_or(0, |since| since.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use wasmforge::{block_on, testing};

    fn answer(method: &str, body: &str) -> (u16, Value) {
        let request = http::Request::builder().method(method).uri("/").body(body.to_owned().into()).unwrap();
        block_on(async {
            let response = main(request).await;
            assert_eq!(response.headers()["access-control-allow-origin"], "*");
            let status = response.status().as_u16();
            let text = response.into_body().text().await.unwrap();
            (status, serde_json::from_str(&text).unwrap_or(Value::Null))
        })
    }

    #[test]
    fn the_webhook_gets_an_event_and_its_status_is_reported() {
        for (status, success) in [(200, true), (204, true), (302, false), (404, false), (500, false)] {
            let _fake = testing::fetch(move |request| {
                assert_eq!(request.method(), Method::POST);
                assert_eq!(request.uri(), "https://example.com/hook?a=b");
                assert_eq!(request.headers()["content-type"], "application/json");
                let event: Value = block_on(request.into_body().json())?;
                assert_eq!(event["event"], "webhook.test");
                Ok(http::Response::builder().status(status).body("secret".into())?)
            });
            let (code, report) = answer("POST", r#"{"url":"https://example.com/hook?a=b"}"#);
            assert_eq!(
                (code, &report["success"], &report["status_code"]),
                (200, &json!(success), &json!(status))
            );
            assert!(report["latency_ms"].is_u64() && !report.to_string().contains("secret"), "{report}");
        }
    }

    #[test]
    fn a_webhook_that_does_not_answer_is_a_report_too() {
        let _fake = testing::fetch(|_| Err("connection refused".into()));
        let (code, report) = answer("POST", r#"{"url":"https://example.com/"}"#);
        assert_eq!((code, &report["success"]), (200, &json!(false)));
        assert_eq!(report["error"], "connection refused");
        assert!(report.get("status_code").is_none(), "{report}");
    }

    #[test]
    fn what_is_no_webhook_is_refused() {
        let long = format!("https://example.com/{}", "x".repeat(2048));
        for url in
            ["", "example.com", "/path", "ftp://example.com/", "https://me:pw@example.com/", "a b", &long]
        {
            let (code, body) = answer("POST", &json!({ "url": url }).to_string());
            assert_eq!(code, 400, "{url}");
            assert!(body["error"].as_str().unwrap().starts_with("url: "), "{url}: {body}");
        }
        for body in ["", "[]", "{}", r#"{"url":7}"#] {
            assert_eq!(answer("POST", body).0, 400, "{body}");
        }
    }

    #[test]
    fn browsers_are_told_what_they_may_and_other_methods_are_refused() {
        assert_eq!(answer("OPTIONS", "").0, 204);
        assert_eq!(answer("GET", "").0, 405);
    }
}

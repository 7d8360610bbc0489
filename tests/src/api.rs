//! The admin API, as its clients use it.

use crate::serve::API_KEY;
use crate::{Answer, Node, request};
use bytes::Bytes;
use serde_json::{Value, json};

/// Headers of a request.
pub type Headers<'a> = &'a [(&'a str, &'a str)];

impl Node {
    /// Sends a request with these headers to the platform listener.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: Headers<'_>,
        body: impl Into<Bytes>,
    ) -> Answer {
        let request = headers.iter().fold(request(method, path), |r, (name, value)| r.header(*name, *value));
        self.platform().send(request.body(body.into()).unwrap()).await
    }

    /// A request of an admin, with a JSON body where there is one.
    pub async fn admin(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let headers = [("x-api-key", API_KEY), ("content-type", "application/json")];
        self.ask(method, path, &headers, body.map_or_else(String::new, |body| body.to_string())).await
    }

    /// `POST /api/functions`.
    pub async fn create(&self, body: Value) -> Answer {
        self.admin("POST", "/api/functions", Some(body)).await
    }

    /// `PUT /api/functions/<slug>`.
    pub async fn update(&self, slug: &str, body: Value) -> Answer {
        self.admin("PUT", &format!("/api/functions/{slug}"), Some(body)).await
    }

    /// `GET /api/functions/<slug>`.
    pub async fn read(&self, slug: &str) -> Answer {
        self.admin("GET", &format!("/api/functions/{slug}"), None).await
    }

    /// `DELETE /api/functions/<slug>`.
    pub async fn delete(&self, slug: &str) -> Answer {
        self.admin("DELETE", &format!("/api/functions/{slug}"), None).await
    }

    /// `PUT /api/functions/<slug>/module`.
    pub async fn upload(&self, slug: &str, module: impl Into<Bytes>) -> Answer {
        let headers = [("x-api-key", API_KEY), ("content-type", "application/wasm")];
        self.ask("PUT", &format!("/api/functions/{slug}/module"), &headers, module).await
    }

    /// Uploads a module that must be accepted. Returns the function as the API shows it.
    pub async fn deploy(&self, slug: &str, module: impl Into<Bytes>) -> Value {
        let answer = self.upload(slug, module).await;
        assert!(answer.status.is_success(), "{slug} was not deployed: {answer:?}");
        answer.json()["function"].clone()
    }

    /// Stores source text that must be accepted.
    pub async fn store_source(&self, slug: &str, code: &str) {
        let answer = self.create(json!({ "name": slug, "slug": slug, "code": code })).await;
        assert_eq!(answer.code(), 201, "{answer:?}");
    }

    /// Waits until the example `env`, which is deployed under its name, sees a variable with this value; `None` means that
    /// it is not there.
    pub async fn variable_becomes(&self, name: &str, value: Option<&str>) {
        let path = format!("/env?name={name}");
        let asked = async {
            loop {
                let answer = self.functions.get(&path).await;
                if (answer.code() == 200).then(|| answer.text()) == value {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        crate::in_time(&format!("{name} being {value:?}"), asked).await;
    }

    /// The names of all functions, newest first.
    pub async fn slugs(&self) -> Vec<String> {
        let list = self.admin("GET", "/api/functions", None).await.json();
        let functions = list["functions"].as_array().unwrap();
        functions.iter().map(|function| function["slug"].as_str().unwrap().to_owned()).collect()
    }
}

impl Answer {
    /// An error of the admin API: status, code and message. Fails where it has another shape.
    #[must_use]
    pub fn api_error(&self) -> (u16, String, String) {
        let body = self.json();
        let advice = usize::from(body.get("nextActions").is_some_and(Value::is_string));
        assert_eq!(body.as_object().unwrap().len(), 3 + advice, "{body}");
        assert_eq!(body["statusCode"], self.code(), "{body}");
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        (self.code(), text("error"), text("message"))
    }
}

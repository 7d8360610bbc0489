//! Calls functions of the database.

use super::encode::target;
use super::query::{accepted, json};
use super::{Error, Identity, send};
use crate::{Body, Response};
use http::{HeaderValue, Request, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A call of the database's function `name` with named arguments.
///
/// ```
/// # use wasmforge_sdk::*;
/// # let _fake = testing::rest(|request| {
/// #     assert_eq!(request.uri(), "/rpc/add");
/// #     Ok(Response::new("5".into()))
/// # });
/// # let sum = block_on(async {
/// let sum: i64 = rest::rpc("add", &serde_json::json!({ "a": 2, "b": 3 })).fetch().await?;
/// # Ok::<_, rest::Error>(sum)
/// # }).unwrap();
/// # assert_eq!(sum, 5);
/// ```
#[must_use = "a call does nothing until it is awaited"]
pub fn rpc<T: Serialize + ?Sized>(name: &str, arguments: &T) -> Call {
    let arguments = serde_json::to_vec(arguments);
    Call { name: name.to_owned(), arguments, schema: None, identity: Identity::Caller }
}

/// A call; made by [`rpc`].
#[derive(Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct Call {
    name: String,
    arguments: Result<Vec<u8>, serde_json::Error>,
    schema: Option<String>,
    identity: Identity,
}

impl Call {
    /// In another of the schemas that PostgREST exposes.
    pub fn schema(mut self, schema: &str) -> Self {
        self.schema = Some(schema.to_owned());
        self
    }

    /// As the platform. The function must be granted `"rest": "service"`.
    pub fn as_service(mut self) -> Self {
        self.identity = Identity::Service;
        self
    }

    /// What the function returns: a value, a row, or rows.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn fetch<T: DeserializeOwned>(self) -> Result<T, Error> {
        json(self.send().await?).await
    }

    /// Calls a function that returns nothing.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn execute(self) -> Result<(), Error> {
        self.send().await.map(drop)
    }

    /// The response as it came.
    ///
    /// # Errors
    /// [`Error`]; a refusal is one.
    pub async fn send(self) -> Result<Response, Error> {
        let target = target(&["rpc", &self.name], &[]);
        let mut request = Request::post(target.as_str())
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .extension(self.identity);
        if let Some(schema) = &self.schema {
            request = request.header("content-profile", schema);
        }
        let request = request.body(Body::from(self.arguments?));
        accepted(send(request.map_err(|error| Error::InvalidRequest(error.to_string()))?).await?).await
    }
}

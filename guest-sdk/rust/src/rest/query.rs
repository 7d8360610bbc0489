//! Reads and writes rows of one table.

use super::encode::target;
use super::{Error, Failure, Identity, send};
use crate::{Body, Request, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;

/// Rows of a table or of a view. A read, until [`insert`](Query::insert), [`upsert`](Query::upsert),
/// [`update`](Query::update) or [`delete`](Query::delete) makes it a write.
#[must_use = "a query does nothing until it is awaited"]
pub fn from(table: &str) -> Query {
    Query {
        table: table.to_owned(),
        method: Method::GET,
        parameters: Vec::new(),
        prefer: Vec::new(),
        schema: None,
        identity: Identity::Caller,
        body: Ok(None),
    }
}

/// A request about the rows of one table; made by [`from`].
///
/// ```
/// # use wasmforge_sdk::*;
/// # let _fake = testing::rest(|request| {
/// #     assert_eq!(request.method(), http::Method::PATCH);
/// #     assert_eq!(request.uri(), "/posts?id=eq.7&select=title");
/// #     Ok(Response::new(r#"[{"title":"Hello"}]"#.into()))
/// # });
/// # let posts = block_on(async {
/// // What a write returns are the rows that it wrote.
/// let change = serde_json::json!({ "title": "Hello" });
/// let posts: Vec<serde_json::Value> = rest::from("posts").update(&change).eq("id", 7).select("title").fetch().await?;
/// # Ok::<_, rest::Error>(posts)
/// # }).unwrap();
/// # assert_eq!(posts[0]["title"], "Hello");
/// ```
#[derive(Debug)]
#[must_use = "a query does nothing until it is awaited"]
pub struct Query {
    table: String,
    method: Method,
    parameters: Vec<(String, String)>,
    prefer: Vec<&'static str>,
    schema: Option<String>,
    identity: Identity,
    body: Result<Option<Vec<u8>>, serde_json::Error>,
}

macro_rules! comparisons {
    ($($name:ident: $doc:literal),+ $(,)?) => {$(
        #[doc = concat!("Only rows whose `column` is ", $doc, " `value`.")]
        pub fn $name(self, column: &str, value: impl Display) -> Self {
            self.filter(column, stringify!($name), value)
        }
    )+};
}

impl Query {
    /// Which columns come back, as PostgREST writes them: `id,title,author(name)`. All, without this.
    pub fn select(self, columns: &str) -> Self {
        self.parameter("select", columns)
    }

    comparisons! {
        eq: "equal to",
        neq: "not equal to",
        gt: "greater than",
        gte: "greater than or equal to",
        lt: "less than",
        lte: "less than or equal to",
        like: "like the pattern, in which `*` stands for any text,",
        ilike: "like the pattern, whatever the case of its letters,",
        is: "`null`, `true` or `false`, whichever is the",
    }

    /// Only rows whose `column` is among `values`.
    pub fn any_of<V: Display>(self, column: &str, values: impl IntoIterator<Item = V>) -> Self {
        let quoted = values.into_iter().map(|value| {
            let text = value.to_string().replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{text}\"")
        });
        let list = quoted.collect::<Vec<_>>().join(",");
        self.filter(column, "in", format_args!("({list})"))
    }

    /// Only rows for which an operator of PostgREST's holds: `filter("tags", "cs", "{news}")`.
    pub fn filter(self, column: &str, operator: &str, value: impl Display) -> Self {
        self.parameter(column, &format!("{operator}.{value}"))
    }

    /// Only rows for which one of the conditions holds, as PostgREST writes them: `id.eq.1,title.like.A*`.
    pub fn or(self, conditions: &str) -> Self {
        self.parameter("or", &format!("({conditions})"))
    }

    /// In which order: `id.asc`, `title.desc.nullslast,id`.
    pub fn order(self, columns: &str) -> Self {
        self.parameter("order", columns)
    }

    /// So many rows at most.
    pub fn limit(self, rows: u64) -> Self {
        self.parameter("limit", &rows.to_string())
    }

    /// Without the first so many rows.
    pub fn offset(self, rows: u64) -> Self {
        self.parameter("offset", &rows.to_string())
    }

    /// Any other parameter of PostgREST's.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

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

    /// Adds a row, or each row of a slice.
    pub fn insert<T: Serialize + ?Sized>(self, rows: &T) -> Self {
        self.write(Method::POST, rows)
    }

    /// Adds rows, or changes those whose primary key is there already.
    pub fn upsert<T: Serialize + ?Sized>(mut self, rows: &T) -> Self {
        self.prefer.push("resolution=merge-duplicates");
        self.write(Method::POST, rows)
    }

    /// Changes columns of the rows that the filters let through; of all rows, without a filter.
    pub fn update<T: Serialize + ?Sized>(self, change: &T) -> Self {
        self.write(Method::PATCH, change)
    }

    /// Removes the rows that the filters let through; all rows, without a filter.
    pub fn delete(mut self) -> Self {
        self.method = Method::DELETE;
        self
    }

    fn write<T: Serialize + ?Sized>(mut self, method: Method, value: &T) -> Self {
        self.method = method;
        self.body = serde_json::to_vec(value).map(Some);
        self
    }

    /// The rows.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn fetch<T: DeserializeOwned>(mut self) -> Result<Vec<T>, Error> {
        if self.method != Method::GET {
            self.prefer.push("return=representation");
        }
        json(self.send().await?).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn fetch_optional<T: DeserializeOwned>(self) -> Result<Option<T>, Error> {
        let query = if self.method == Method::GET { self.limit(1) } else { self };
        Ok(query.fetch().await?.into_iter().next())
    }

    /// The first row.
    ///
    /// # Errors
    /// [`Error::NoRow`] if there is none, and all others.
    pub async fn fetch_one<T: DeserializeOwned>(self) -> Result<T, Error> {
        self.fetch_optional().await?.ok_or(Error::NoRow)
    }

    /// How many rows there are, without fetching them.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn count(mut self) -> Result<u64, Error> {
        self.method = Method::HEAD;
        self.prefer.push("count=exact");
        let response = self.send().await?;
        let range = response.headers().get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
        let total = range.and_then(|range| range.rsplit_once('/')?.1.parse().ok());
        total.ok_or(Error::Unreachable { reason: "it did not count".into(), timeout: false })
    }

    /// Writes, and wants nothing back.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn execute(mut self) -> Result<(), Error> {
        self.prefer.push("return=minimal");
        self.send().await.map(drop)
    }

    /// The response as it came, with its headers.
    ///
    /// # Errors
    /// [`Error`]; a refusal is one.
    pub async fn send(self) -> Result<Response, Error> {
        let mut request = Request::default();
        let target = target(&[&self.table], &self.parameters);
        *request.uri_mut() = target.parse().map_err(|_| Error::InvalidRequest(target))?;
        let headers = request.headers_mut();
        if !self.prefer.is_empty() {
            set(headers, HeaderName::from_static("prefer"), &self.prefer.join(", "))?;
        }
        if let Some(schema) = &self.schema {
            let reads = matches!(self.method, Method::GET | Method::HEAD);
            let name = if reads { "accept-profile" } else { "content-profile" };
            set(headers, HeaderName::from_static(name), schema)?;
        }
        if let Some(body) = self.body? {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Body::from(body);
        }
        *request.method_mut() = self.method;
        request.extensions_mut().insert(self.identity);
        accepted(send(request).await?).await
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) -> Result<(), Error> {
    let value =
        HeaderValue::from_str(value).map_err(|_| Error::InvalidRequest(format!("{name}: {value:?}")))?;
    headers.insert(name, value);
    Ok(())
}

/// The response, unless it is a refusal.
pub(super) async fn accepted(response: Response) -> Result<Response, Error> {
    match response.status() {
        status if status.is_success() => Ok(response),
        _ => Err(Failure::of(response).await?.into()),
    }
}

/// The body of a response.
pub(super) async fn json<T: DeserializeOwned>(response: Response) -> Result<T, Error> {
    let body = response.into_body().bytes().await.map_err(Error::of_body)?;
    Ok(serde_json::from_slice(&body)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rest::Identity;
    use crate::{block_on, testing};
    use std::cell::RefCell;
    use std::rc::Rc;

    /// What a query sends: method, target, the header `prefer`, the body.
    fn sent(query: impl AsyncFnOnce() -> Result<(), Error>) -> (String, Option<Identity>) {
        let seen = Rc::new(RefCell::new((String::new(), None)));
        let _fake = testing::rest({
            let seen = seen.clone();
            move |request| {
                let (head, body) = request.into_parts();
                let prefer = head.headers.get("prefer").map_or("", |value| value.to_str().unwrap());
                let text = block_on(body.text()).unwrap();
                let line = format!("{} {} {prefer} {text}", head.method, head.uri);
                *seen.borrow_mut() = (line, head.extensions.get().copied());
                Ok(Response::new("[]".into()))
            }
        });
        block_on(query()).unwrap();
        seen.take()
    }

    #[test]
    fn filters_become_parameters() {
        let (line, identity) = sent(async || {
            let query =
                from("posts").eq("a", 1).any_of("b", ["x,y", "\"z\""]).or("c.eq.1,d.is.null").offset(3);
            query.fetch::<serde_json::Value>().await.map(drop)
        });
        assert_eq!(
            line,
            "GET /posts?a=eq.1&b=in.%28%22x%2Cy%22%2C%22%5C%22z%5C%22%22%29&or=%28c.eq.1%2Cd.is.null%29&offset=3  "
        );
        assert_eq!(identity, Some(Identity::Caller));
    }

    #[test]
    fn a_write_says_what_it_wants_back() {
        let row = serde_json::json!({ "a": 1 });
        let (line, identity) = sent(async || from("posts").upsert(&row).as_service().execute().await);
        assert_eq!(line, r#"POST /posts resolution=merge-duplicates, return=minimal {"a":1}"#);
        assert_eq!(identity, Some(Identity::Service));
        let (line, _) =
            sent(async || from("posts").delete().eq("a", 1).fetch::<serde_json::Value>().await.map(drop));
        assert_eq!(line, "DELETE /posts?a=eq.1 return=representation ");
    }
}

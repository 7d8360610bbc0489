//! What a request is about: which table or function, in which schema.

use crate::platform::ApiError;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use form_urlencoded::parse;

/// The schema where the request names none: PostgREST's first one, as InsForge configures it.
const DEFAULT_SCHEMA: &str = "public";

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    Function,
}

/// A table or function, and the request's path as PostgREST knows it.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) schema: String,
    /// The header by which PostgREST learns of the schema, where the request names one.
    profile: Option<(HeaderName, HeaderValue)>,
    path: String,
}

impl Target {
    /// The target of a request whose path ends in a name.
    pub(super) fn of(
        kind: Kind,
        path: Result<Path<String>, PathRejection>,
        request: &Request,
    ) -> Result<Self, ApiError> {
        let Path(name) = path.map_err(|_| ApiError::invalid_input("The path is not valid UTF-8"))?;
        let noun = match kind {
            Kind::Table => "table",
            Kind::Function => "function",
        };
        check(noun, &name)?;
        let (asked, query) = take_schema(request.uri().query())?;
        let header = profile_header(request.method());
        let asked = match asked {
            Some(schema) => Some(schema),
            None => sent_profile(request.headers(), &header)?,
        };
        let profile = match &asked {
            None => None,
            Some(schema) => {
                let value = HeaderValue::try_from(schema.as_bytes())
                    .map_err(|_| ApiError::invalid_input("The schema's name cannot be sent to PostgREST"))?;
                Some((header, value))
            }
        };
        // As it came, so that no character changes its meaning on the way.
        let segment = request.uri().path().rsplit('/').next().unwrap_or_default();
        let prefix = if kind == Kind::Function { "/rpc/" } else { "/" };
        let path = match query.is_empty() {
            true => format!("{prefix}{segment}"),
            false => format!("{prefix}{segment}?{query}"),
        };
        Ok(Self { name, schema: asked.unwrap_or_else(|| DEFAULT_SCHEMA.to_owned()), profile, path })
    }

    /// Points a request at it.
    pub(super) fn aim<B>(self, request: &mut axum::http::Request<B>) -> Result<(), ApiError> {
        let path = PathAndQuery::try_from(self.path)
            .map_err(|_| ApiError::invalid_input("The path or the query is not valid"))?;
        *request.uri_mut() = Uri::from(path);
        if let Some((header, value)) = self.profile {
            request.headers_mut().insert(header, value);
        }
        Ok(())
    }
}

/// Refuses what is no identifier to InsForge, and what could lead a path elsewhere.
fn check(noun: &str, name: &str) -> Result<(), ApiError> {
    let problem = if name.trim().is_empty() {
        "cannot be empty"
    } else if name.contains(|c: char| c == '"' || c.is_ascii_control()) {
        "cannot contain quotes or control characters"
    } else if name.contains(['/', '\\']) || name == "." || name == ".." {
        "cannot contain slashes"
    } else {
        return Ok(());
    };
    let message = format!("Invalid {noun} name: {problem}");
    Err(ApiError::new(StatusCode::BAD_REQUEST, "DATABASE_VALIDATION_ERROR", message))
}

/// Takes the parameter `schema` out of a query, which PostgREST would take for a filter.
fn take_schema(query: Option<&str>) -> Result<(Option<String>, String), ApiError> {
    let is_schema = |pair: &&str| parse(pair.as_bytes()).next().is_some_and(|(name, _)| name == "schema");
    let (found, others): (Vec<_>, Vec<_>) = query.unwrap_or_default().split('&').partition(is_schema);
    let values: Vec<_> =
        found.iter().flat_map(|pair| parse(pair.as_bytes())).map(|(_, value)| value).collect();
    let schema = match values.as_slice() {
        [] => None,
        [one] if !one.trim().is_empty() => Some(normalized(one)?),
        _ => {
            let message = "The \"schema\" query parameter must be a single non-empty schema name.";
            return Err(ApiError::invalid_input(message));
        }
    };
    Ok((schema, others.join("&")))
}

/// The schema that the request's own header names.
fn sent_profile(headers: &HeaderMap, header: &HeaderName) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all(header).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let single = || {
        let message = format!("The \"{header}\" header must be a single schema name.");
        ApiError::invalid_input(message)
    };
    if values.next().is_some() {
        return Err(single());
    }
    let value = std::str::from_utf8(value.as_bytes()).map_err(|_| single())?;
    if value.trim().is_empty() { Ok(None) } else { normalized(value).map(Some) }
}

fn normalized(schema: &str) -> Result<String, ApiError> {
    let schema = schema.trim();
    check("schema", schema)?;
    if schema == "information_schema" || schema.starts_with("pg_") {
        return Err(ApiError::invalid_input(format!("Schema \"{schema}\" is not available")));
    }
    Ok(schema.to_owned())
}

/// PostgREST knows two: one for reads, one for everything else.
fn profile_header(method: &Method) -> HeaderName {
    match *method {
        Method::GET | Method::HEAD => HeaderName::from_static("accept-profile"),
        _ => HeaderName::from_static("content-profile"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn target(method: &str, path: &str, name: &str, headers: &[(&str, &str)]) -> Result<Target, ApiError> {
        let request = headers
            .iter()
            .fold(axum::http::Request::builder().method(method).uri(path), |r, (k, v)| r.header(*k, *v));
        Target::of(Kind::Table, Ok(Path(name.to_owned())), &request.body(Body::empty()).unwrap())
    }

    #[test]
    fn a_schema_becomes_the_header_that_the_method_takes() {
        for (method, header) in
            [("GET", "accept-profile"), ("HEAD", "accept-profile"), ("POST", "content-profile")]
        {
            let target = target(method, "/r/t%20s?a=eq.1&schema=s2&b", "t s", &[]).unwrap();
            assert_eq!((target.schema.as_str(), target.path.as_str()), ("s2", "/t%20s?a=eq.1&b"));
            let (name, value) = target.profile.unwrap();
            assert_eq!((name.as_str(), value.to_str().unwrap()), (header, "s2"));
        }
    }

    #[test]
    fn a_query_without_a_schema_passes_as_it_is() {
        let target = target("GET", "/r/t?select=%22a%22&&x=eq.a+b&", "t", &[]).unwrap();
        assert_eq!(
            (target.schema.as_str(), target.path.as_str()),
            ("public", "/t?select=%22a%22&&x=eq.a+b&")
        );
        assert!(target.profile.is_none());
    }

    #[test]
    fn a_header_that_names_the_schema_is_honoured() {
        let target = target("PATCH", "/r/t", "t", &[("content-profile", " s2 "), ("accept-profile", "s3")]);
        assert_eq!(target.unwrap().schema, "s2");
    }

    #[test]
    fn what_names_no_schema_is_refused() {
        for query in
            ["schema=", "schema", "schema=a&schema=b", "sch%65ma=%20", "schema=pg_catalog", "schema=a%22"]
        {
            assert!(target("GET", &format!("/r/t?{query}"), "t", &[]).is_err(), "{query}");
        }
        let twice = [("accept-profile", "a"), ("accept-profile", "b")];
        assert!(target("GET", "/r/t", "t", &twice).is_err());
    }

    #[test]
    fn what_names_no_table_is_refused() {
        for name in ["", " ", "a\"b", "a\nb", "a\0", "..", ".", "../x", "a/b", "a\\b"] {
            assert!(target("GET", "/r/x", name, &[]).is_err(), "{name:?}");
        }
        assert!(target("GET", "/r/x", "Täble; DROP", &[]).is_ok());
    }
}

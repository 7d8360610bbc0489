//! What holds for many routes is said of each of them here, once.

use crate::platform::error::ErrorBody;
use utoipa::PartialSchema;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};

/// Gives every operation a name of its own, and the errors that its kind of route may answer.
pub(super) fn complete(document: &mut OpenApi) {
    document.components.get_or_insert_default().schemas.insert("ErrorBody".to_owned(), ErrorBody::schema());
    for (path, mut item) in std::mem::take(&mut document.paths.paths) {
        // The router's way to write a parameter that takes all that is left of a path.
        let path = path.replace("{*", "{");
        for (method, operation) in operations(&mut item) {
            operation.operation_id = Some(name(method, &path));
            // What another service answers is its own, errors included.
            let is_ours = !operation.responses.responses.contains_key("default");
            if path.starts_with("/api/") && is_ours {
                add_errors(operation);
            }
        }
        document.paths.paths.insert(path, item);
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("put", &mut item.put),
        ("post", &mut item.post),
        ("delete", &mut item.delete),
        ("options", &mut item.options),
        ("head", &mut item.head),
        ("patch", &mut item.patch),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// `GET /api/functions/{slug}/versions` is `getApiFunctionsSlugVersions`.
fn name(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut name = method.to_owned();
    for word in words {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(rest);
    }
    name
}

fn add_errors(operation: &mut Operation) {
    let is_guarded = operation.security.is_some();
    let has_body = operation.request_body.is_some();
    let has_input = has_body || operation.parameters.is_some();
    let errors = [
        (is_guarded, "401", "There is no credential, or it is not good"),
        (is_guarded, "403", "The credential is good, but not for this"),
        (has_input, "400", "A parameter or the body is wrong"),
        (has_body, "413", "The body is too large"),
        (has_body, "415", "The body is of another type"),
        (true, "500", "The platform failed; why is in its log"),
        (true, "503", "The database does not answer"),
    ];
    for (_, status, description) in errors.into_iter().filter(|(applies, ..)| *applies) {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(error(description)));
    }
}

fn error(description: &str) -> Response {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
    ResponseBuilder::new().description(description).content("application/json", body).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_named_by_method_and_path() {
        assert_eq!(name("get", "/api/functions/{slug}/versions"), "getApiFunctionsSlugVersions");
        assert_eq!(name("post", "/api/secrets/api-key/rotate"), "postApiSecretsApiKeyRotate");
    }
}

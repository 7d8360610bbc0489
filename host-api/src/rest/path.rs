//! Paths that stay below PostgREST's.

/// Checks the path of a guest's request; without one it is `/`.
///
/// A gateway before PostgREST may resolve dots and encoded slashes, and then the path would lead out of what it serves
/// PostgREST under. No path of PostgREST's own needs them.
///
/// # Errors
/// What is wrong with it.
pub(super) fn checked(path_with_query: Option<&str>) -> Result<&str, String> {
    let whole = path_with_query.unwrap_or("/");
    let path = whole.split(['?', '#']).next().unwrap_or(whole);
    if !path.starts_with('/') || path.starts_with("//") {
        return Err("the path must begin with one slash".to_owned());
    }
    let plain = path.to_ascii_lowercase().replace("%2e", ".");
    if plain.contains('\\') || plain.contains("%2f") || plain.contains("%5c") {
        return Err("the path must not hold backslashes or encoded slashes".to_owned());
    }
    if plain.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err("the path must not hold the segments . and ..".to_owned());
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_postgrest_serves_is_let_through() {
        for path in ["/", "/posts", "/posts?select=id&name=eq.../..", "/rpc/add?a=1", "/a.b", "/a%20b", "/.a"]
        {
            assert_eq!(checked(Some(path)), Ok(path));
        }
        assert_eq!(checked(None), Ok("/"));
    }

    #[test]
    fn a_path_that_leads_elsewhere_is_refused() {
        for path in [
            "",
            "posts",
            "//evil.example/",
            "http://evil.example/",
            "/../admin",
            "/posts/..",
            "/a/./b",
            "/%2e%2E/admin",
            "/.%2e/admin",
            "/..%2fadmin",
            "/a\\..\\b",
            "/a%5C..",
            "?select=id",
        ] {
            assert!(checked(Some(path)).is_err(), "{path}");
        }
    }
}

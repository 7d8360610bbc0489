//! Tells callers who they are. `GET` answers with the role and, for a user who signed in, with the user; `?token=` asks
//! about another token, such as one from a cookie. A credential that is not valid is a `401`.

use serde::Serialize;
use wasmforge::auth::{self, Role, User};
use wasmforge::{IntoResponse, Json, Request, RequestExt, Response, Result};

#[derive(Serialize)]
struct Who {
    role: &'static str,
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<User>,
}

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    let (identity, user) = match req.query("token") {
        Some(token) => (auth::verify(&token).await?, None),
        None => (auth::caller().await?, auth::user().await?),
    };
    let role = match identity.role {
        Role::Anon => "anon",
        Role::Authenticated => "authenticated",
        Role::ProjectAdmin => "project_admin",
    };
    Ok(Json(Who { role, subject: identity.subject, user }).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::auth::Identity;
    use wasmforge::http::StatusCode;
    use wasmforge::{block_on, http, testing};

    fn get(uri: &str) -> (StatusCode, String) {
        let request = http::Request::get(uri).body(().into()).unwrap();
        let answer = block_on(main(request)).into_response();
        (answer.status(), block_on(answer.into_body().text()).unwrap())
    }

    #[test]
    fn a_user_is_shown() {
        let _caller = testing::auth(|_| Ok(Identity::user("7")));
        let _users =
            testing::users(|id| Some(User { id: id.into(), email: "a@b".into(), ..User::default() }));
        let (status, text) = get("/");
        assert_eq!(status, StatusCode::OK);
        assert!(
            text.starts_with(r#"{"role":"authenticated","subject":"7","user":{"id":"7","email":"a@b""#),
            "{text}"
        );
    }

    #[test]
    fn a_forged_token_is_refused() {
        assert_eq!(get("/?token=forged").0, StatusCode::UNAUTHORIZED);
    }
}

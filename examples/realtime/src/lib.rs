//! Says something in a chat room: `POST {"room":"…","text":"…"}` publishes the event `message` on the channel `chat:<room>`,
//! with the caller's id as its sender. Only users who signed in may say something; a room that is not there is a `404`.

use serde::{Deserialize, Serialize};
use wasmforge::auth::{self, Role};
use wasmforge::http::StatusCode;
use wasmforge::{Error, IntoResponse, Json, Request, RequestExt, Response, Result, realtime};

#[derive(Deserialize)]
struct Saying {
    room: String,
    text: String,
}

#[derive(Serialize)]
struct Message<'a> {
    from: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct Said {
    id: String,
}

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    let caller = auth::caller().await?;
    let Some(from) = caller.subject.as_deref().filter(|_| caller.role == Role::Authenticated) else {
        return Err(Error::new(StatusCode::UNAUTHORIZED, "sign in to say something"));
    };
    let Saying { room, text } = req.json().await?;
    let message = Message { from, text: &text };
    let id = realtime::publish(&format!("chat:{room}"), "message", &message).await?;
    Ok((StatusCode::ACCEPTED, Json(Said { id })).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::auth::Identity;
    use wasmforge::{block_on, http, testing};

    fn say() -> StatusCode {
        let request = http::Request::post("/").body(r#"{"room":"tea","text":"hello"}"#.into()).unwrap();
        block_on(main(request)).into_response().status()
    }

    #[test]
    fn what_a_user_says_is_published() {
        let _caller = testing::auth(|_| Ok(Identity::user("7")));
        assert_eq!(say(), StatusCode::ACCEPTED);
        let published = testing::published();
        assert_eq!((published[0].channel.as_str(), published[0].event.as_str()), ("chat:tea", "message"));
        assert_eq!(published[0].payload["from"], "7");
    }

    #[test]
    fn a_stranger_says_nothing() {
        assert_eq!(say(), StatusCode::UNAUTHORIZED);
        assert!(testing::published().is_empty());
    }
}

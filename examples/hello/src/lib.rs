//! Greets. The name is in the JSON body, `{"name":"you"}`, or in the query, `?name=you`, or it is the world.

use serde::{Deserialize, Serialize};
use wasmforge::{Request, RequestExt, Response, Result, http::Method, response};

#[derive(Deserialize)]
struct Caller {
    name: String,
}

#[derive(Serialize)]
struct Greeting {
    message: String,
}

#[wasmforge::handler]
async fn main(req: Request) -> Result<Response> {
    let name = if let Some(name) = req.query("name") {
        name.into_owned()
    } else if req.method() == Method::POST {
        req.json::<Caller>().await?.name
    } else {
        "world".to_owned()
    };
    response::json(&Greeting { message: format!("Hello, {name}!") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::{block_on, http};

    fn answer(req: http::Request<&'static str>) -> String {
        block_on(async { main(req.map(Into::into)).await.unwrap().into_body().text().await.unwrap() })
    }

    #[test]
    fn greets_by_body_by_query_or_the_world() {
        let posted = http::Request::post("/").body(r#"{"name":"you"}"#).unwrap();
        assert_eq!(answer(posted), r#"{"message":"Hello, you!"}"#);
        let asked = http::Request::get("/?name=J%C3%BCrgen").body("").unwrap();
        assert_eq!(answer(asked), r#"{"message":"Hello, Jürgen!"}"#);
        assert_eq!(answer(http::Request::new("")), r#"{"message":"Hello, world!"}"#);
    }
}

//! Shows a variable of the function's environment: `?name=GREETING`. A function's secrets are there too, so think twice before you
//! deploy this one.

use wasmforge::{Error, Request, RequestExt, Result, env};

#[wasmforge::handler]
fn main(req: Request) -> Result<String> {
    let name = req.query("name").ok_or_else(|| Error::bad_request("say which: ?name=<variable>"))?;
    env::get(&name).ok_or_else(|| Error::not_found(format!("{name} is not set")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::http::{self, StatusCode};

    fn answer(uri: &str) -> Result<String> {
        main(http::Request::get(uri).body(().into()).unwrap())
    }

    #[test]
    fn shows_what_is_set_and_says_what_is_not() {
        assert_eq!(answer("/?name=PATH").unwrap(), std::env::var("PATH").unwrap());
        assert_eq!(answer("/?name=NOT_SET_HERE").unwrap_err().status(), StatusCode::NOT_FOUND);
        assert_eq!(answer("/").unwrap_err().status(), StatusCode::BAD_REQUEST);
    }
}

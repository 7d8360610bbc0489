//! Sends the request's body back, with its content type. Chunks leave as they arrive: a body of any size passes through in
//! constant memory.

use wasmforge::{Request, Response, http::header::CONTENT_TYPE};

#[wasmforge::handler]
fn main(req: Request) -> Response {
    let (head, body) = req.into_parts();
    let mut response = Response::new(body);
    if let Some(content_type) = head.headers.get(CONTENT_TYPE) {
        response.headers_mut().insert(CONTENT_TYPE, content_type.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::{block_on, http};

    #[test]
    fn body_and_content_type_come_back() {
        let request =
            http::Request::post("/").header(CONTENT_TYPE, "text/x-y").body("as it is".into()).unwrap();
        let response = main(request);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/x-y");
        assert_eq!(block_on(response.into_body().text()).unwrap(), "as it is");
    }
}

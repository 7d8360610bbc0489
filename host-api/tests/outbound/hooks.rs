//! A session is all that `wasi:http` needs to be told.

use crate::support::*;
use http::{Method, Request};
use http_body_util::BodyExt;
use wasmforge_host_api::http::{OutboundSession, ResponseFuture};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

struct Hooks(OutboundSession);

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        fut: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> ResponseFuture {
        self.0.send(request, options, fut)
    }
}

#[tokio::test]
async fn a_request_through_the_hook_of_wasi_http_is_answered() {
    let server = Server::answering(OK).await;
    let mut hooks = Hooks(session());
    let get = request(Method::GET, &server.url("/"), empty());
    let sent = hooks.send_request(get, None, Box::new(async { Ok(()) }));
    let (response, request_done) = Box::into_pin(sent).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "ok");
    assert!(Box::into_pin(request_done).await.is_ok());
}

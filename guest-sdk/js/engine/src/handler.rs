//! One request in, one response out.

use crate::{engine, program as loader};
use rquickjs::{CatchResultExt, Ctx, Function, Object};
use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Poll, Waker};
use wasmforge_sdk::__private::{IncomingRequest, ResponseOutparam, serve};
use wasmforge_sdk::http::{HeaderName, HeaderValue, StatusCode};
use wasmforge_sdk::{Body, Request, Response};

/// Answers one request with the instance's program.
pub(crate) fn handle(request: IncomingRequest, out: ResponseOutparam) {
    serve(request, out, respond);
}

async fn respond(request: Request) -> Response {
    let answer: Rc<RefCell<(Option<Response>, Option<Waker>)>> = Rc::default();
    let done = answer.clone();
    let began = engine::turn(|ctx, hooks| {
        let result = begin(ctx, hooks, &request, done).catch(ctx);
        result.map_err(|error| error.to_string())
    });
    if let Err(message) = began {
        return failure(&message);
    }
    std::future::poll_fn(move |cx| {
        let mut answer = answer.borrow_mut();
        match answer.0.take() {
            Some(response) => Poll::Ready(response),
            None => {
                answer.1 = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    })
    .await
}

fn begin<'js>(
    ctx: &Ctx<'js>,
    hooks: &Object<'js>,
    request: &Request,
    done: Rc<RefCell<(Option<Response>, Option<Waker>)>>,
) -> rquickjs::Result<()> {
    let program = loader::of_instance(ctx)?;
    let dispatch: Function = hooks.get("dispatch")?;
    let headers: Vec<&str> = request
        .headers()
        .iter()
        .flat_map(|(name, value)| [name.as_str(), value.to_str().unwrap_or("")])
        .collect();
    let settle = Function::new(ctx.clone(), move |answer: Object<'_>| {
        let response = response(&answer).unwrap_or_else(|error| failure(&error.to_string()));
        let mut done = done.borrow_mut();
        done.0 = Some(response);
        if let Some(waker) = done.1.take() {
            waker.wake();
        }
    })?;
    dispatch.call((program, request.method().as_str(), request.uri().to_string(), headers, settle))
}

fn response(answer: &Object<'_>) -> rquickjs::Result<Response> {
    let status: u16 = answer.get("status")?;
    let headers: Vec<String> = answer.get("headers")?;
    let body: String = answer.get("body")?;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for pair in headers.chunks_exact(2) {
        if let [name, value] = pair
            && let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
        {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}

fn failure(message: &str) -> Response {
    let mut response = Response::new(Body::from(message.to_owned()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

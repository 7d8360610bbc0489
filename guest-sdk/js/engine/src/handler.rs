//! One request in, one response out.

use crate::invocation::{self, Answer};
use crate::{engine, program};
use rquickjs::{Ctx, Error, Function, Object, Value};
use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use wasmforge_sdk::__private::{Arrival, IncomingRequest, ResponseOutparam, answer, stalled};
use wasmforge_sdk::http::StatusCode;
use wasmforge_sdk::{Body, log};

/// Answers one request with the instance's program. What still waits when the response was sent, and nobody asked to be
/// waited for, is dropped.
pub(crate) fn handle(request: IncomingRequest, out: ResponseOutparam) {
    invocation::begin(Arrival::from(request));
    wasmforge_sdk::block_on(async {
        engine::turn(dispatch);
        let answered = match unless_stalled(invocation::answered()).await {
            Some(answered) => answered,
            None => answer_in_its_place().await,
        };
        send(answered, out).await;
        if unless_stalled(invocation::released()).await.is_none() {
            log::line(log::Level::Warn, "a promise that waitUntil was given can never settle").emit();
        }
    });
}

/// Evaluates the program and calls its handler.
fn dispatch<'js>(ctx: &Ctx<'js>, hooks: &Object<'js>) {
    let called = program::of_instance(ctx, hooks).and_then(|program| {
        let dispatch: Function<'js> = hooks.get("dispatch")?;
        dispatch.call::<_, ()>((program,))
    });
    if let Err(error) = called {
        fail(ctx, hooks, &error);
    }
}

/// Has the layer answer with what was thrown.
fn fail<'js>(ctx: &Ctx<'js>, hooks: &Object<'js>, error: &Error) {
    let thrown: Value<'js> = match error {
        Error::Exception => ctx.catch(),
        other => match rquickjs::Exception::from_message(ctx.clone(), &other.to_string()) {
            Ok(exception) => exception.into_object().into_value(),
            Err(_) => Value::new_undefined(ctx.clone()),
        },
    };
    let failed = hooks.get("fail").and_then(|fail: Function<'js>| fail.call::<_, ()>((thrown,)));
    if failed.is_err() {
        let thrown = ctx.catch();
        let message = rquickjs::Exception::from_value(thrown).ok().and_then(|thrown| thrown.message());
        log::line(log::Level::Error, message.unwrap_or_default()).emit();
        invocation::answer(last_resort());
    }
}

/// The layer says what is wrong with a handler whose promise can never settle.
async fn answer_in_its_place() -> Answer {
    engine::turn(|_, hooks| {
        hooks.get("stalled").and_then(|stalled: Function<'_>| stalled.call::<_, ()>(())).unwrap_or_default();
    });
    unless_stalled(invocation::answered()).await.unwrap_or_else(last_resort)
}

fn last_resort() -> Answer {
    Answer {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
        body: Body::from(r#"{"error":"Function execution failed"}"#),
    }
}

async fn send(Answer { status, headers, body }: Answer, out: ResponseOutparam) {
    match unless_stalled(answer(status, headers, body, out)).await {
        // The caller is gone: nobody is left to tell.
        Some(Ok(()) | Err(wasmforge_sdk::Error::Closed)) => {}
        Some(Err(error)) => log::line(log::Level::Error, error.to_string()).emit(),
        None => log::line(log::Level::Error, "the response's stream can never end").emit(),
    }
}

/// The output of `future`; `None` once everything waits for something that can never come.
async fn unless_stalled<F: Future>(future: F) -> Option<F::Output> {
    let (mut future, mut stall) = (pin!(future), pin!(stalled()));
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => stall.as_mut().poll(context).map(|()| None),
    })
    .await
}

//! The calls of `wasmforge:platform/ai`.

use super::Ai;
use super::bindings::wasmforge::platform::ai::{
    self as wit, ChatRequest, Completion, Delta, Embeddings, Error, Image, ImageRequest, TokenUsage,
};
use super::endpoint::ImageStyle;
use super::stream::{DeltaStream, parts};
use super::transport::{Line, MAX_ANSWER, whole};
use super::wire;
use crate::calls::timed;
use crate::{InvocationContext, Pending, View};
use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::time::timeout_at;
use wasmforge_sandbox::{CallKind, RunningCall, Usage};
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynPollable, subscribe};

/// An answer that a guest awaits.
pub type FutureCompletion = Pending<Result<Completion, Error>>;

/// Embeddings that a guest awaits.
pub type FutureEmbeddings = Pending<Result<Embeddings, Error>>;

/// Images that a guest awaits.
pub type FutureImages = Pending<Result<Vec<Image>, Error>>;

/// Asks, and reads the answer to its end.
async fn ask(line: &Line, path: &str, body: &Value) -> Result<Vec<u8>, Error> {
    whole(line.post(path, body).await?.into_body(), MAX_ANSWER).await
}

/// What is wrong in a good answer may still repeat the key.
fn presentable(line: &Line, error: Error) -> Error {
    match error {
        Error::Provider(error) => line.presentable(error),
        error => error,
    }
}

fn count(usage: &Usage, tokens: &TokenUsage) {
    usage.add_ai_tokens(tokens.prompt, tokens.completion);
}

/// Begins a call that asks `model`.
fn begin(invocation: &InvocationContext, what: &str, model: &str) -> RunningCall {
    invocation.usage.begin_call(CallKind::Ai, format!("{what} {model}"))
}

/// A call that ends with the invocation at the latest.
fn pending<T: Send + 'static>(
    invocation: &InvocationContext,
    timing: RunningCall,
    call: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Pending<Result<T, Error>> {
    let deadline = invocation.deadline;
    Pending::new(timed(
        timing,
        async move { timeout_at(deadline, call).await.unwrap_or(Err(Error::Timeout)) },
    ))
}

/// The result as the interface hands it out: once.
fn taken<T: Send + 'static>(pending: &mut Pending<T>) -> Option<Result<T, ()>> {
    pending.take().map(|result| result.ok_or(()))
}

/// The line to the endpoint and the body of the request, or why there is none.
fn asked(
    view: &mut View<'_>,
    model: &str,
    body: impl FnOnce(&Line) -> Result<Value, Error>,
) -> wasmtime::Result<Result<(Line, Value), Error>> {
    let line = view.services.session::<Ai>()?.line(model);
    Ok(line.and_then(|line| body(&line).map(|body| (line, body))))
}

impl wit::Host for View<'_> {
    fn chat(&mut self, request: ChatRequest) -> wasmtime::Result<Resource<FutureCompletion>> {
        let invocation = self.services.invocation().clone();
        let call = begin(&invocation, "chat", &request.model);
        let asked = asked(self, &request.model, |_| wire::chat(&request, false))?;
        let usage = invocation.usage.clone();
        let future = pending(&invocation, call, async move {
            let (line, body) = asked?;
            let answer = ask(&line, "chat/completions", &body).await?;
            let completion = wire::completion(&answer).map_err(|error| presentable(&line, error))?;
            count(&usage, &completion.usage);
            Ok(completion)
        });
        Ok(self.table.push(future)?)
    }

    fn chat_stream(&mut self, request: ChatRequest) -> wasmtime::Result<Resource<DeltaStream>> {
        let invocation = self.services.invocation().clone();
        let call = begin(&invocation, "chat", &request.model);
        let asked = asked(self, &request.model, |_| wire::chat(&request, true))?;
        let parts = match asked {
            Ok((line, body)) => parts(line, body, invocation.usage.clone()),
            Err(error) => futures_util::stream::iter([Err::<Delta, _>(error)]).boxed(),
        };
        Ok(self.table.push(DeltaStream::new(parts, call))?)
    }

    fn embed(&mut self, model: String, inputs: Vec<String>) -> wasmtime::Result<Resource<FutureEmbeddings>> {
        let invocation = self.services.invocation().clone();
        let call = begin(&invocation, "embed", &model);
        let asked = asked(self, &model, |_| wire::embed(&model, &inputs))?;
        let (usage, inputs) = (invocation.usage.clone(), inputs.len());
        let future = pending(&invocation, call, async move {
            let (line, body) = asked?;
            let answer = ask(&line, "embeddings", &body).await?;
            let embeddings = wire::embeddings(&answer, inputs).map_err(|error| presentable(&line, error))?;
            count(&usage, &embeddings.usage);
            Ok(embeddings)
        });
        Ok(self.table.push(future)?)
    }

    fn paint(&mut self, request: ImageRequest) -> wasmtime::Result<Resource<FutureImages>> {
        let invocation = self.services.invocation().clone();
        let call = begin(&invocation, "paint", &request.model);
        let by_chat = |line: &Line| line.endpoint.images == ImageStyle::Chat;
        let asked = asked(self, &request.model, |line| wire::paint(&request, by_chat(line)))?;
        let usage = invocation.usage.clone();
        let future = pending(&invocation, call, async move {
            let (line, body) = asked?;
            let by_chat = by_chat(&line);
            let path = if by_chat { "chat/completions" } else { "images/generations" };
            let answer = ask(&line, path, &body).await?;
            let (images, tokens) =
                wire::images(&answer, by_chat).map_err(|error| presentable(&line, error))?;
            count(&usage, &tokens);
            Ok(images)
        });
        Ok(self.table.push(future)?)
    }
}

impl wit::HostFutureCompletion for View<'_> {
    fn subscribe(&mut self, this: Resource<FutureCompletion>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, this)
    }

    fn get(
        &mut self,
        this: Resource<FutureCompletion>,
    ) -> wasmtime::Result<Option<Result<Result<Completion, Error>, ()>>> {
        Ok(taken(self.table.get_mut(&this)?))
    }

    fn drop(&mut self, this: Resource<FutureCompletion>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl wit::HostDeltaStream for View<'_> {
    fn subscribe(&mut self, this: Resource<DeltaStream>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, this)
    }

    fn next(
        &mut self,
        this: Resource<DeltaStream>,
    ) -> wasmtime::Result<Option<Result<Option<Delta>, Error>>> {
        Ok(self.table.get_mut(&this)?.take())
    }

    fn drop(&mut self, this: Resource<DeltaStream>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl wit::HostFutureEmbeddings for View<'_> {
    fn subscribe(&mut self, this: Resource<FutureEmbeddings>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, this)
    }

    fn get(
        &mut self,
        this: Resource<FutureEmbeddings>,
    ) -> wasmtime::Result<Option<Result<Result<Embeddings, Error>, ()>>> {
        Ok(taken(self.table.get_mut(&this)?))
    }

    fn drop(&mut self, this: Resource<FutureEmbeddings>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl wit::HostFutureImages for View<'_> {
    fn subscribe(&mut self, this: Resource<FutureImages>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, this)
    }

    fn get(
        &mut self,
        this: Resource<FutureImages>,
    ) -> wasmtime::Result<Option<Result<Result<Vec<Image>, Error>, ()>>> {
        Ok(taken(self.table.get_mut(&this)?))
    }

    fn drop(&mut self, this: Resource<FutureImages>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

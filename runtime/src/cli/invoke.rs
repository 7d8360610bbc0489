//! `wasmforge invoke SLUG`: one request, whose answer is written as it comes.

use super::failure::{Failure, Misuse};
use super::output::{Tone, has_colour, painted};
use super::remote::RemoteArgs;
use crate::client::{Answer, Api, Call};
use crate::registry::Slug;
use anyhow::Context as _;
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _};
use http::{HeaderName, HeaderValue, Method, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;
use wasmtime_wasi_http::{Error as HttpError, WasiBody};

/// The request.
#[derive(clap::Args)]
pub(super) struct InvokeArgs {
    /// The function, and a query if there is one: `greet`, `greet?name=you`
    target: String,
    /// The method [default: POST with a body, else GET]
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    method: Option<Method>,
    /// A header; may be given several times
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header_of)]
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The body: a text, `@FILE`, or `-` for standard input
    #[arg(short, long, value_name = "DATA", allow_hyphen_values = true)]
    data: Option<String>,
    /// Print the status and the headers, too
    #[arg(short, long)]
    include: bool,
    /// This version, whichever is live
    #[arg(long, value_name = "N")]
    version: Option<u64>,
    /// Do not wait: print where the answer will be
    #[arg(long = "async")]
    in_background: bool,
    /// Invoke it as the administrator, for a function that is not public
    #[arg(long)]
    as_admin: bool,
    #[command(flatten)]
    remote: RemoteArgs,
}

fn header_of(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or_else(|| format!("{text:?} is not NAME: VALUE"))?;
    let name = HeaderName::try_from(name.trim()).map_err(|error| error.to_string())?;
    let value = HeaderValue::try_from(value.trim()).map_err(|error| error.to_string())?;
    Ok((name, value))
}

pub(super) async fn run(args: InvokeArgs) -> anyhow::Result<ExitCode> {
    let needs_key = args.as_admin || args.version.is_some();
    let api = if needs_key { args.remote.api()? } else { args.remote.api_without_key()? };
    let answer = api.send(args.call(&api).await?).await?;
    if args.include {
        print_head(&answer)?;
    }
    let status = answer.status;
    match args.in_background && !args.include && status == http::StatusCode::ACCEPTED {
        true => print_place(&api, answer).await?,
        false => print_body(answer).await?,
    }
    Ok(Failure::of_status(status).map_or(ExitCode::SUCCESS, ExitCode::from))
}

impl InvokeArgs {
    async fn call(&self, api: &Api) -> anyhow::Result<Call> {
        let (slug, query) = match self.target.split_once('?') {
            Some((slug, query)) => (slug, Some(query)),
            None => (self.target.as_str(), None),
        };
        let slug = Slug::parse(slug).map_err(|error| Misuse(format!("{slug:?} is no function: {error}")))?;
        let target = match query {
            Some(query) => format!("/functions/{slug}?{query}"),
            None => format!("/functions/{slug}"),
        };
        let default = if self.data.is_some() { Method::POST } else { Method::GET };
        let mut call = Call::new(self.method.clone().unwrap_or(default), target);
        for (name, value) in &self.headers {
            call = call.header(name.clone(), value.clone());
        }
        if let Some(version) = self.version {
            call = call
                .header(HeaderName::from_static("x-wasmforge-version"), HeaderValue::from(version))
                .header(HeaderName::from_static("x-api-key"), api.key()?);
        }
        if self.in_background {
            call = call.header(HeaderName::from_static("prefer"), HeaderValue::from_static("respond-async"));
        }
        if self.as_admin {
            call = call.header(header::AUTHORIZATION, bearer(&api.key()?)?);
        }
        self.with_body(call).await
    }

    async fn with_body(&self, mut call: Call) -> anyhow::Result<Call> {
        let Some(data) = &self.data else { return Ok(call) };
        let is_typed = self.headers.iter().any(|(name, _)| *name == header::CONTENT_TYPE);
        if !is_typed {
            call = call.header(header::CONTENT_TYPE, HeaderValue::from_static(type_of(data)));
        }
        Ok(match data.strip_prefix('@').map(PathBuf::from) {
            _ if data == "-" => call.stream(standard_input()),
            Some(path) => {
                let file = tokio::fs::File::open(&path).await;
                let file = file.with_context(|| path.display().to_string())?;
                let metadata = file.metadata().await.with_context(|| path.display().to_string())?;
                if metadata.is_file() {
                    call = call.header(header::CONTENT_LENGTH, HeaderValue::from(metadata.len()));
                }
                call.stream(streamed(file))
            }
            None => call.bytes(data.clone()),
        })
    }
}

/// What most functions expect of a text that was typed; of a file, nothing is known.
fn type_of(data: &str) -> &'static str {
    let is_typed = data != "-" && !data.starts_with('@');
    match is_typed && serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok() {
        true => "application/json",
        false if is_typed => "text/plain;charset=UTF-8",
        false if data.ends_with(".json") => "application/json",
        false => "application/octet-stream",
    }
}

fn streamed(reader: impl AsyncRead + Send + 'static) -> WasiBody {
    framed(ReaderStream::with_capacity(reader, 64 * 1024))
}

fn framed(chunks: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> WasiBody {
    let frames =
        chunks.map_ok(Frame::data).map_err(|error| HttpError::InternalError(Some(error.to_string())));
    StreamBody::new(frames).boxed_unsync()
}

/// Read on a thread of its own: whoever types nothing more must not keep an answer from ending.
fn standard_input() -> WasiBody {
    let (sender, receiver) = tokio::sync::mpsc::channel::<io::Result<Bytes>>(4);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let mut chunk = vec![0; 64 * 1024];
            let read = input.read(&mut chunk).map(|count| {
                chunk.truncate(count);
                Bytes::from(chunk)
            });
            let is_end = matches!(&read, Ok(chunk) if chunk.is_empty());
            let is_error = read.is_err();
            if is_end || sender.blocking_send(read).is_err() || is_error {
                return;
            }
        }
    });
    let chunks = futures_util::stream::unfold(receiver, async |mut receiver| {
        let chunk = receiver.recv().await?;
        Some((chunk, receiver))
    });
    framed(chunks)
}

fn bearer(key: &HeaderValue) -> anyhow::Result<HeaderValue> {
    let mut value = HeaderValue::from_bytes(&[b"Bearer ", key.as_bytes()].concat())?;
    value.set_sensitive(true);
    Ok(value)
}

fn print_head(answer: &Answer) -> io::Result<()> {
    let colour = has_colour(&io::stdout());
    let tone = if answer.status.as_u16() < 400 { Tone::Good } else { Tone::Bad };
    let mut out = io::stdout().lock();
    writeln!(out, "{}", painted(&answer.status.to_string(), tone, colour))?;
    for (name, value) in &answer.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        writeln!(out, "{}: {value}", painted(name.as_str(), Tone::Faint, colour))?;
    }
    writeln!(out)
}

/// Every chunk is written when it is there.
async fn print_body(mut answer: Answer) -> anyhow::Result<()> {
    while let Some(chunk) = answer.chunk().await? {
        print(&chunk)?;
    }
    Ok(())
}

fn print(chunk: &Bytes) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(chunk)?;
    out.flush()
}

/// Where the answer will be.
async fn print_place(api: &Api, answer: Answer) -> anyhow::Result<()> {
    match answer.header(header::LOCATION.as_str()) {
        Some(place) if place.starts_with('/') => writeln!(io::stdout(), "{}{place}", api.base())?,
        Some(place) => writeln!(io::stdout(), "{place}")?,
        None => print_body(answer).await?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_text_is_json_if_it_reads_as_json() {
        assert_eq!(type_of(r#"{"name":"you"}"#), "application/json");
        assert_eq!(type_of("name=you"), "text/plain;charset=UTF-8");
        assert_eq!(type_of("@picture.png"), "application/octet-stream");
        assert_eq!(type_of("@body.json"), "application/json");
        assert_eq!(type_of("-"), "application/octet-stream");
    }

    #[test]
    fn a_header_is_a_name_and_a_value() {
        let (name, value) = header_of("X-A: b: c ").unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("x-a", "b: c"));
        assert!(header_of("no colon").is_err() && header_of("bad name: x").is_err());
    }
}

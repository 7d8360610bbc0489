//! What a request of a guest costs beside the same request of hyper.
//!
//! Both send `GET`s one after the other over a kept connection to the same server on loopback, which has a thread of its
//! own, and read each answer to its end. The guest is the SDK's probe; the start of its instance is spread over the
//! requests of one invocation. Every round gives each its turn; the ratio is the median of the rounds'.

mod one_function;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use one_function::OneFunction;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};

/// Rounds, the first of which only warms up.
const ROUNDS: usize = 31;

/// Requests of one turn: one invocation may send 256.
const REQUESTS: u32 = 200;

/// What the server answers.
const ANSWER: &[u8] = b"{\"message\":\"Hello, world!\"}";

fn main() -> ExitCode {
    one_function::main("outbound", bench)
}

fn bench() -> anyhow::Result<()> {
    let server = serve()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cache = tempfile::tempdir()?;
    let variables = [("WASMFORGE_ALLOW_PRIVATE_NETWORK", "1")];
    let function =
        runtime.block_on(OneFunction::prepare("sdk-probe", cache.path().to_owned(), &variables))?;
    let mut client = runtime.block_on(connect(server))?;
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let native = runtime.block_on(natively(&mut client, server))?;
        let guest = runtime.block_on(from_guest(&function, server))?;
        if round > 0 {
            rounds.push((native, guest));
        }
    }
    report(&rounds);
    function.invoker.recorder.stop();
    Ok(())
}

/// Starts the server on a thread of its own.
fn serve() -> anyhow::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            let Ok(listener) = TcpListener::from_std(listener) else { return };
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                tokio::spawn(
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)),
                );
            }
        });
    });
    Ok(address)
}

async fn answer(_request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(ANSWER))))
}

async fn connect(server: SocketAddr) -> anyhow::Result<SendRequest<Empty<Bytes>>> {
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let (client, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// The time of one request of hyper's.
async fn natively(client: &mut SendRequest<Empty<Bytes>>, server: SocketAddr) -> anyhow::Result<Duration> {
    let started = Instant::now();
    for _ in 0..REQUESTS {
        client.ready().await?;
        let request = Request::get("/").header(header::HOST, server.to_string()).body(Empty::new())?;
        let body = client.send_request(request).await?.into_body().collect().await?.to_bytes();
        ensure!(body == ANSWER, "the server answered {body:?}");
    }
    Ok(started.elapsed() / REQUESTS)
}

/// The time of one request of a guest's.
async fn from_guest(function: &OneFunction, server: SocketAddr) -> anyhow::Result<Duration> {
    let url = format!("http://localhost/?do=repeat&n={REQUESTS}&url=http://{server}/");
    let started = Instant::now();
    let request = Request::get(url).body(Empty::<Bytes>::new())?;
    let response = function.invoker.invoke("sdk-probe", request).await;
    let status = response.status();
    let body = response.into_body().collect().await.context("the guest's answer")?.to_bytes();
    let elapsed = started.elapsed();
    let expected = (REQUESTS as usize * ANSWER.len()).to_string();
    ensure!(body == expected, "the guest answered {status} {body:?}");
    Ok(elapsed / REQUESTS)
}

fn report(rounds: &[(Duration, Duration)]) {
    let micros = |duration: &Duration| duration.as_secs_f64() * 1e6;
    let native = median(rounds.iter().map(|(native, _)| micros(native)));
    let guest = median(rounds.iter().map(|(_, guest)| micros(guest)));
    let ratio = median(rounds.iter().map(|(native, guest)| micros(guest) / micros(native)));
    eprintln!("one request over a kept connection, median of {} rounds of {REQUESTS}:", rounds.len());
    eprintln!("  hyper natively  {native:8.1} µs");
    eprintln!("  from a guest    {guest:8.1} µs");
    eprintln!("  ratio           {ratio:8.2}");
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

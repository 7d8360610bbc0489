//! A client of HTTP/1.1 that costs next to nothing: one request at a time on a connection that is kept.
//!
//! It understands what the servers here answer: a status line, headers, and a body with a length or in chunks
//! (RFC 9112). A client of general use would spend as much time on a request as the fastest server does.

use anyhow::{Context as _, Result, bail};
use bytes::{Buf as _, BytesMut};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The most that an answer may have, head and body.
const MAX_ANSWER: usize = 1024 * 1024;

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: u16,
    /// Its whole body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as text, for messages.
    pub(crate) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// A kept connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: BytesMut,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(server: SocketAddr) -> Result<Self> {
        let stream =
            TcpStream::connect(server).await.with_context(|| format!("cannot connect to {server}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: BytesMut::with_capacity(4096) })
    }

    /// Sends a request, head and body, and waits for its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        self.send(request).await?;
        self.receive().await
    }

    /// Sends a request.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await.context("the request was not sent")
    }

    /// Waits for the answer to a request that was sent.
    pub(crate) async fn receive(&mut self) -> Result<Answer> {
        loop {
            if let Some((answer, length)) = parse(&self.buffer)? {
                self.buffer.advance(length);
                return Ok(answer);
            }
            if self.buffer.len() > MAX_ANSWER {
                bail!("the answer has more than {MAX_ANSWER} bytes");
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the connection was closed in the middle of an answer");
            }
        }
    }
}

/// The request `GET path`.
pub(crate) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n").into_bytes()
}

/// How a body ends.
enum Framing {
    Length(usize),
    Chunks,
}

/// The answer at the beginning of `input` and the bytes it takes, or `None` while it is incomplete.
fn parse(input: &[u8]) -> Result<Option<(Answer, usize)>> {
    let Some((head, body)) = split(input, b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(head).context("the head of the answer is not text")?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let status = status.context("the answer has no status")?;
    let body_at = input.len() - body.len();
    let framed = match framing(lines)? {
        Framing::Length(length) => body.get(..length).map(|body| (body.to_vec(), length)),
        Framing::Chunks => unchunk(body)?,
    };
    Ok(framed.map(|(body, length)| (Answer { status, body }, body_at + length)))
}

fn framing<'a>(headers: impl Iterator<Item = &'a str>) -> Result<Framing> {
    for (name, value) in headers.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            return Ok(Framing::Length(value.trim().parse().context("the answer's Content-Length")?));
        }
        if name.eq_ignore_ascii_case("transfer-encoding") && value.trim().eq_ignore_ascii_case("chunked") {
            return Ok(Framing::Chunks);
        }
    }
    bail!("the answer has neither a length nor chunks")
}

/// The chunks of a body put together and the bytes they take, or `None` while the last is not there.
fn unchunk(input: &[u8]) -> Result<Option<(Vec<u8>, usize)>> {
    let mut body = Vec::new();
    let mut rest = input;
    loop {
        let Some((size, after)) = split(rest, b"\r\n") else { return Ok(None) };
        let size = std::str::from_utf8(size).ok().and_then(|text| text.split(';').next());
        let size = size.and_then(|text| usize::from_str_radix(text.trim(), 16).ok());
        let size = size.filter(|size| *size <= MAX_ANSWER).context("a chunk has no usable size")?;
        let (Some(data), Some(end)) = (after.get(..size), after.get(size..size + 2)) else {
            return Ok(None);
        };
        // Trailers would stand here; no server that is measured sends any.
        if end != b"\r\n" {
            bail!("a chunk is longer than it says, or the body has trailers");
        }
        body.extend_from_slice(data);
        rest = after.get(size + 2..).unwrap_or_default();
        if size == 0 {
            return Ok(Some((body, input.len() - rest.len())));
        }
    }
}

/// What is before and after the first `mark`.
fn split<'a>(input: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = input.windows(mark.len()).position(|window| window == mark)?;
    Some((input.get(..at)?, input.get(at + mark.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every beginning of an answer is incomplete, the whole is the answer, and what follows it is left alone.
    fn parses(input: &str, status: u16, body: &str) {
        for end in 0..input.len() {
            assert_eq!(parse(&input.as_bytes()[..end]).unwrap(), None, "the first {end} bytes");
        }
        let two = format!("{input}HTTP/1.1 500");
        let answer = Answer { status, body: body.as_bytes().to_vec() };
        assert_eq!(parse(two.as_bytes()).unwrap(), Some((answer, input.len())));
    }

    #[test]
    fn a_body_ends_where_its_length_says() {
        parses("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx: y\r\n\r\nhi", 200, "hi");
        parses("HTTP/1.1 404 Not Found\r\nContent-Length:0\r\n\r\n", 404, "");
    }

    #[test]
    fn chunks_are_put_together() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        parses(&format!("{head}2\r\nhi\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n"), 200, "hi0123456789");
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(parse(b"nonsense\r\n\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc").is_err());
    }
}

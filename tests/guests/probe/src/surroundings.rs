//! What of the outside can be seen and touched.

use crate::Call;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::net::{TcpStream, UdpSocket};

pub(crate) fn env(call: Call) {
    let variables: Map<_, _> = std::env::vars().map(|(name, value)| (name, value.into())).collect();
    let arguments: Vec<_> = std::env::args().collect();
    call.reply.json(&json!({ "env": variables, "args": arguments }));
}

pub(crate) fn fs(call: Call) {
    let list =
        |path: &str| outcome(std::fs::read_dir(path).map(|entries| format!("{} entries", entries.count())));
    let read = |path: &str| outcome(std::fs::read(path).map(|bytes| format!("{} bytes", bytes.len())));
    let write = |path: &str| outcome(std::fs::write(path, b"probe").map(|()| "written".to_owned()));
    call.reply.json(&json!({
        "list /": list("/"),
        "list .": list("."),
        "read /etc/passwd": read("/etc/passwd"),
        "read ../../etc/passwd": read("../../etc/passwd"),
        "read /proc/self/environ": read("/proc/self/environ"),
        "write /tmp/probe": write("/tmp/probe"),
        "write ./probe": write("./probe"),
    }));
}

/// A socket rather than `wasi:http`.
pub(crate) fn net(call: Call) {
    let addr = call.query.text("addr", "127.0.0.1:80").to_owned();
    let tcp = TcpStream::connect(&addr).and_then(|mut stream| stream.write(b"GET / HTTP/1.0\r\n\r\n"));
    let udp = UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.send_to(b"probe", &addr));
    call.reply.json(&json!({
        "tcp": outcome(tcp.map(|n| format!("{n} bytes sent"))),
        "udp": outcome(udp.map(|n| format!("{n} bytes sent"))),
    }));
}

fn outcome(result: std::io::Result<String>) -> Value {
    match result {
        Ok(done) => json!({ "ok": done }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

//! The listeners' ports: free, or ours already.

use super::finding::Finding;
use crate::client::{Api, Call};
use crate::config::{Config, Secret};
use http::Method;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings =
        vec![port("functions", config.functions_addr, "/health", "HOST and PORT, or --functions-addr").await];
    if let Some(addr) = config.platform_addr {
        findings.push(port("platform", addr, "/api/health", "WASMFORGE_PLATFORM_ADDR").await);
    }
    findings
}

async fn port(subject: &'static str, addr: SocketAddr, health: &str, option: &str) -> Finding {
    match TcpListener::bind(addr) {
        Ok(_) => return Finding::good(subject, format!("{addr} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
        // A machine without IPv6 serves IPv4, as the listener does.
        Err(_) if addr.ip().is_unspecified() && addr.is_ipv6() => {
            let addr = SocketAddr::from(([0, 0, 0, 0], addr.port()));
            return Box::pin(port(subject, addr, health, option)).await;
        }
        Err(error) => {
            return Finding::bad(
                subject,
                format!("{addr}: {error}"),
                format!("choose another address: {option}"),
            );
        }
    }
    match is_ours(addr, health).await {
        true => Finding::good(subject, format!("{addr}: Wasmforge answers there")),
        false => Finding::bad(
            subject,
            format!("{addr} is taken by another program"),
            format!("stop that one, or choose another address: {option}"),
        ),
    }
}

async fn is_ours(addr: SocketAddr, health: &str) -> bool {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        ip => ip,
    };
    let Ok(api) = Api::new(&format!("http://{}", SocketAddr::new(ip, addr.port())), Secret::default()) else {
        return false;
    };
    let Ok(mut answer) = api.send(Call::new(Method::GET, health)).await else { return false };
    let body = answer.bytes().await.unwrap_or_default();
    String::from_utf8_lossy(&body).contains("wasmforge")
}

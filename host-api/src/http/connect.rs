//! From a destination to a connected socket, by way of addresses that were vetted.

use super::destination::{Destination, Host};
use super::error::SendError;
use super::policy::{OutboundPolicy, Refusal};
use super::socket::Socket;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};

/// The next address is tried when the one before has not answered for so long (RFC 8305, section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// No more addresses of one name are tried.
const MAX_ATTEMPTS: usize = 8;

/// Name look-ups that run at once. Each holds a thread of tokio's blocking pool, and cannot be taken back.
const MAX_LOOKUPS: usize = 64;

/// Turns a name into addresses.
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of `name`, in the order in which to try them. Nothing is assumed of them: each is vetted.
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The operating system's resolver: hosts file, search domains, DNS.
#[derive(Debug)]
pub struct SystemResolver {
    lookups: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { lookups: Arc::new(Semaphore::new(MAX_LOOKUPS)) }
    }
}

impl Resolve for SystemResolver {
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let lookups = Arc::clone(&self.lookups);
        let name = name.to_owned();
        Box::pin(async move {
            let permit = lookups.acquire_owned().await.map_err(io::Error::other)?;
            let lookup = move || {
                // Held by the thread, so that look-ups whose callers have gone still count.
                let _permit = permit;
                Ok((name.as_str(), 0).to_socket_addrs()?.map(|address| address.ip()).collect())
            };
            tokio::task::spawn_blocking(lookup).await.map_err(io::Error::other)?
        })
    }
}

/// Opens a TCP connection to one address.
pub(super) trait Dial: Send + Sync + 'static {
    fn dial(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<TcpStream>>;
}

/// Dials for real.
#[derive(Debug)]
pub(super) struct TcpDialer;

impl Dial for TcpDialer {
    fn dial(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<TcpStream>> {
        Box::pin(TcpStream::connect(address))
    }
}

/// Resolves, vets and connects.
pub(super) struct Connector {
    resolver: Arc<dyn Resolve>,
    dialer: Arc<dyn Dial>,
}

impl Connector {
    pub(super) fn new(resolver: Arc<dyn Resolve>, dialer: Arc<dyn Dial>) -> Self {
        Self { resolver, dialer }
    }

    /// Connects to an address of `destination` that `policy` admits.
    ///
    /// # Errors
    /// A [`SendError`] about the name, about its addresses (if none is admitted), or about the last one tried.
    pub(super) async fn connect(
        &self,
        policy: &OutboundPolicy,
        destination: &Destination,
        deadline: Instant,
    ) -> Result<Socket, SendError> {
        let resolved = timeout_at(deadline, self.resolve(destination));
        let addresses = resolved.await.map_err(|_| SendError::ResolveTimeout)?.map_err(SendError::Resolve)?;
        let admitted = vet(policy, destination, &addresses)?;
        let dialled = timeout_at(deadline, self.dial_first(&admitted));
        let (stream, address) =
            dialled.await.map_err(|_| SendError::ConnectTimeout)?.map_err(SendError::Connect)?;
        // What a lying stack or a rule on this machine did with the address counts, not what was asked for.
        let peer = stream.peer_addr().map_err(SendError::Connect)?;
        if peer != address {
            return Err(SendError::Diverted(peer));
        }
        stream.set_nodelay(true).map_err(SendError::Connect)?;
        Ok(Socket::new(stream))
    }

    async fn resolve(&self, destination: &Destination) -> io::Result<Vec<SocketAddr>> {
        let addresses = match &destination.host {
            Host::Address(ip) => vec![*ip],
            Host::Name(name) => self.resolver.resolve(name).await?,
        };
        if addresses.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no addresses"));
        }
        Ok(addresses.into_iter().map(|ip| SocketAddr::new(ip, destination.port)).collect())
    }

    /// Dials the addresses in order, each a moment after the one before, and takes the first that answers.
    async fn dial_first(&self, addresses: &[SocketAddr]) -> io::Result<(TcpStream, SocketAddr)> {
        let mut waiting = addresses.iter().copied();
        let mut attempts = FuturesUnordered::new();
        let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
        loop {
            let next = waiting.next();
            if let Some(address) = next {
                let attempt = self.dialer.dial(address);
                attempts.push(async move { attempt.await.map(|stream| (stream, address)) });
            }
            let last = next.is_none();
            tokio::select! {
                answer = attempts.next() => match answer {
                    Some(Ok(connected)) => return Ok(connected),
                    Some(Err(error)) => failure = error,
                    None => return Err(failure),
                },
                () = sleep(ATTEMPT_DELAY), if !last => {}
            }
        }
    }
}

/// Keeps the addresses that may be connected to.
fn vet(
    policy: &OutboundPolicy,
    destination: &Destination,
    addresses: &[SocketAddr],
) -> Result<Vec<SocketAddr>, Refusal> {
    let mut refusal = None;
    let mut admitted = Vec::with_capacity(addresses.len().min(MAX_ATTEMPTS));
    for address in addresses {
        match policy.admit_address(destination, *address) {
            Ok(()) if admitted.len() < MAX_ATTEMPTS => admitted.push(*address),
            Ok(()) => {}
            Err(refused) => refusal = Some(refused),
        }
    }
    match refusal {
        Some(refusal) if admitted.is_empty() => Err(refusal),
        _ => Ok(admitted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use tokio::net::TcpListener;

    /// Answers each look-up with the next list, the last one for ever.
    struct Answers(Mutex<Vec<Vec<IpAddr>>>);

    impl Resolve for Answers {
        fn resolve(&self, _name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
            let mut answers = self.0.lock().unwrap();
            let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
            Box::pin(async move { Ok(answer) })
        }
    }

    /// Records what is dialled; connects everything to `to`, or to nothing.
    #[derive(Default)]
    struct Recorder {
        dialled: Mutex<Vec<String>>,
        to: Option<SocketAddr>,
        silent: Vec<SocketAddr>,
    }

    impl Dial for Recorder {
        fn dial(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<TcpStream>> {
            self.dialled.lock().unwrap().push(address.to_string());
            if self.silent.contains(&address) {
                return Box::pin(std::future::pending());
            }
            match self.to {
                Some(to) => Box::pin(TcpStream::connect(to)),
                None => Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) }),
            }
        }
    }

    async fn connect(
        answers: &[&[&str]],
        dialer: &Arc<Recorder>,
        policy: &OutboundPolicy,
        times: usize,
    ) -> Vec<Result<Socket, SendError>> {
        let answers =
            answers.iter().map(|answer| answer.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        let connector =
            Connector::new(Arc::new(Answers(Mutex::new(answers))), Arc::clone(dialer) as Arc<dyn Dial>);
        let destination = Destination::of(&"http://lying.example/".parse().unwrap()).unwrap();
        let mut results = Vec::new();
        for _ in 0..times {
            let deadline = Instant::now() + Duration::from_secs(2);
            results.push(connector.connect(policy, &destination, deadline).await);
        }
        results
    }

    #[tokio::test]
    async fn a_name_that_turns_private_is_never_dialled_there() {
        let dialer = Arc::new(Recorder::default());
        let policy = OutboundPolicy::public_internet();
        let results = connect(&[&["1.1.1.1"], &["127.0.0.1"]], &dialer, &policy, 3).await;
        assert!(matches!(results[0], Err(SendError::Connect(_))));
        assert!(matches!(results[1], Err(SendError::Refused(Refusal::NotPublic { .. }))));
        assert!(matches!(results[2], Err(SendError::Refused(Refusal::NotPublic { .. }))));
        assert_eq!(*dialer.dialled.lock().unwrap(), ["1.1.1.1:80"]);
    }

    #[tokio::test]
    async fn of_several_addresses_only_the_public_ones_are_dialled() {
        let dialer = Arc::new(Recorder::default());
        let policy = OutboundPolicy::public_internet();
        let answer: &[&str] =
            &["127.0.0.1", "::ffff:10.0.0.1", "8.8.8.8", "fd00::1", "2606:4700::1", "64:ff9b::7f00:1"];
        let results = connect(&[answer], &dialer, &policy, 1).await;
        assert!(matches!(results[0], Err(SendError::Connect(_))));
        assert_eq!(*dialer.dialled.lock().unwrap(), ["8.8.8.8:80", "[2606:4700::1]:80"]);
    }

    #[tokio::test]
    async fn a_private_only_answer_is_refused_without_dialling() {
        let dialer = Arc::new(Recorder::default());
        let policy = OutboundPolicy::public_internet();
        let results = connect(&[&["fd00:ec2::254", "::1"]], &dialer, &policy, 1).await;
        assert!(matches!(results[0], Err(SendError::Refused(_))));
        assert!(dialer.dialled.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_connection_that_ends_up_elsewhere_is_dropped() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        let dialer = Arc::new(Recorder { to: Some(to), ..Recorder::default() });
        let results = connect(&[&["1.1.1.1"]], &dialer, &OutboundPolicy::public_internet(), 1).await;
        assert!(matches!(results[0], Err(SendError::Diverted(peer)) if peer == to));
    }

    #[tokio::test]
    async fn a_silent_address_does_not_hold_up_the_next() {
        let silent: SocketAddr = "[2606:4700::1]:80".parse().unwrap();
        let dialer = Arc::new(Recorder { silent: vec![silent], ..Recorder::default() });
        let policy = OutboundPolicy::public_internet();
        let started = connect(&[&["2606:4700::1", "1.1.1.1", "8.8.8.8"]], &dialer, &policy, 1);
        // Every other address refuses, so only the silent one is left, and the deadline ends it.
        assert!(matches!(started.await[0], Err(SendError::ConnectTimeout)));
        assert_eq!(*dialer.dialled.lock().unwrap(), ["[2606:4700::1]:80", "1.1.1.1:80", "8.8.8.8:80"]);
    }

    #[tokio::test]
    async fn no_more_than_eight_addresses_are_tried() {
        let many: Vec<String> = (1..=40).map(|n| format!("1.1.1.{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let dialer = Arc::new(Recorder::default());
        let results = connect(&[&many], &dialer, &OutboundPolicy::public_internet(), 1).await;
        assert!(matches!(results[0], Err(SendError::Connect(_))));
        assert_eq!(dialer.dialled.lock().unwrap().len(), MAX_ATTEMPTS);
    }

    #[tokio::test]
    async fn a_name_without_addresses_is_an_error_of_the_name() {
        let dialer = Arc::new(Recorder::default());
        let results = connect(&[&[]], &dialer, &OutboundPolicy::public_internet(), 1).await;
        assert!(matches!(results[0], Err(SendError::Resolve(_))));
    }
}

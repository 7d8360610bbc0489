//! A server, and the way to it.

use super::tls;
use super::wire::{MessageLimit, Socket, Watched};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, NoTls};

/// What asks a server for TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Settings of a URL that the driver understands; others, which another driver may understand, are left out.
const KNOWN: [&str; 8] =
    ["application_name", "connect_timeout", "dbname", "host", "options", "password", "port", "user"];

/// How a connection is protected, in the words of libpq's `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protection {
    /// Never.
    Disable,
    /// If the server offers it.
    Prefer,
    /// Always, whoever the server is.
    Require,
    /// Always, and the server's certificate is checked.
    Verify,
}

/// Where connections go, and as whom.
#[derive(Clone)]
pub struct Target {
    config: Config,
    protection: Protection,
}

/// A URL that cannot be understood. It may hold a password, so it is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the URL is not of the form postgres://user:password@host:port/database")]
pub struct InvalidUrl;

impl Target {
    /// The target of a URL.
    ///
    /// # Errors
    /// [`InvalidUrl`].
    pub fn of_url(url: &str) -> Result<Self, InvalidUrl> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let mut protection = Protection::Prefer;
        let mut kept = Vec::new();
        for setting in query.split('&') {
            match setting.split_once('=') {
                Some(("sslmode" | "ssl-mode", mode)) => {
                    protection = match mode {
                        "disable" => Protection::Disable,
                        "allow" | "prefer" => Protection::Prefer,
                        "require" => Protection::Require,
                        "verify-ca" | "verify-full" => Protection::Verify,
                        _ => return Err(InvalidUrl),
                    }
                }
                Some((name, _)) if KNOWN.contains(&name) => kept.push(setting),
                _ => {}
            }
        }
        let mut config: Config = format!("{address}?{}", kept.join("&")).parse().map_err(|_| InvalidUrl)?;
        if config.get_hosts().is_empty() {
            return Err(InvalidUrl);
        }
        config.ssl_mode(SslMode::Disable).application_name("wasmforge");
        Ok(Self { config, protection })
    }

    /// The same server as another user.
    #[must_use]
    pub fn as_user(&self, name: &str, password: &str) -> Self {
        let mut config = self.config.clone();
        config.user(name).password(password);
        Self { config, ..self.clone() }
    }

    /// Connects for statements of the platform's own, whose results are small.
    pub(crate) async fn client(&self) -> Result<Client, ConnectError> {
        let limit = Arc::new(MessageLimit::default());
        limit.set(u64::MAX);
        let connecting = tokio::time::timeout(CONNECT, self.connect(limit)).await;
        let (client, _) = connecting.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        Ok(client)
    }

    /// Connects. The driver runs on a task that ends with the client.
    pub(super) async fn connect(
        &self,
        limit: Arc<MessageLimit>,
    ) -> Result<(Client, tokio::task::AbortHandle), ConnectError> {
        let stream = Watched::new(self.stream().await?, limit);
        let (client, connection) = self.config.connect_raw(stream, NoTls).await?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection for SQL ended");
            }
        });
        Ok((client, driver.abort_handle()))
    }

    /// Asks the server to cancel what the client of this token is doing.
    pub(super) async fn cancel(&self, token: tokio_postgres::CancelToken) -> Result<(), ConnectError> {
        Ok(token.cancel_query_raw(self.stream().await?, NoTls).await?)
    }

    /// The first host that accepts.
    async fn stream(&self) -> io::Result<Box<dyn Socket>> {
        let mut failure = io::Error::other("the URL names no host");
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            let ports = self.config.get_ports();
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
            match self.open(host, port).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    async fn open(&self, host: &Host, port: u16) -> io::Result<Box<dyn Socket>> {
        let name = match host {
            Host::Unix(folder) => {
                let stream = UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await?;
                return Ok(Box::new(stream));
            }
            Host::Tcp(name) => name,
        };
        let mut stream = TcpStream::connect((name.as_str(), port)).await?;
        stream.set_nodelay(true)?;
        if self.protection == Protection::Disable {
            return Ok(Box::new(stream));
        }
        stream.write_all(&SSL_REQUEST).await?;
        match stream.read_u8().await? {
            b'S' => {
                let verified = self.protection == Protection::Verify;
                Ok(Box::new(tls::connect(name, stream, verified).await?))
            }
            _ if self.protection == Protection::Prefer => Ok(Box::new(stream)),
            _ => Err(io::Error::other("the server offers no TLS, which the URL asks for")),
        }
    }
}

/// How long connecting may take.
pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The network's or TLS's fault.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// What the server answered.
    #[error("{}", describe(.0))]
    Postgres(#[from] tokio_postgres::Error),
}

impl ConnectError {
    /// Whether the server does not know the user, or not with this password.
    pub(super) fn is_stranger(&self) -> bool {
        match self {
            Self::Postgres(error) => {
                error.code().is_some_and(|code| matches!(code.code(), "28000" | "28P01"))
            }
            Self::Io(_) => false,
        }
    }
}

fn describe(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(query: &str) -> Target {
        Target::of_url(&format!("postgres://u:p%40@h:6000/d{query}")).unwrap()
    }

    #[test]
    fn another_user_goes_to_the_same_server() {
        let target = target("?application_name=x&statement-cache-capacity=10").as_user("other", "secret");
        assert_eq!(target.config.get_user(), Some("other"));
        assert_eq!(target.config.get_password(), Some(&b"secret"[..]));
        assert_eq!(target.config.get_hosts(), [Host::Tcp("h".into())]);
        assert_eq!(target.config.get_ports(), [6000]);
        assert_eq!(target.config.get_dbname(), Some("d"));
    }

    #[test]
    fn every_mode_of_libpq_is_understood() {
        assert_eq!(target("").protection, Protection::Prefer);
        assert_eq!(target("?sslmode=disable").protection, Protection::Disable);
        assert_eq!(target("?sslmode=require").protection, Protection::Require);
        assert_eq!(target("?sslmode=verify-full").protection, Protection::Verify);
        assert!(Target::of_url("postgres://h/d?sslmode=maybe").is_err());
    }

    #[test]
    fn what_is_no_url_is_refused_unseen() {
        for url in ["", "mysql://h/d", "postgres:///d", "not a url"] {
            assert_eq!(Target::of_url(url).err(), Some(InvalidUrl), "{url}");
        }
    }
}

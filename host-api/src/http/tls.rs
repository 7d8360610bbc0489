//! TLS with the platform's roots.

use super::destination::Host;
use super::error::SendError;
use super::socket::Socket;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Makes TLS connections. The roots are read at the first one, off the executor's threads: that takes milliseconds.
#[derive(Debug)]
pub(super) struct Tls {
    config: OnceCell<Arc<ClientConfig>>,
}

impl Tls {
    /// Trusts the roots of the platform; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
    pub(super) fn of_platform() -> Self {
        Self { config: OnceCell::new() }
    }

    /// Trusts these roots only.
    pub(super) fn of_roots(roots: RootCertStore) -> Result<Self, rustls::Error> {
        Ok(Self { config: OnceCell::new_with(Some(client_config(roots)?)) })
    }

    /// Makes the handshake over `socket`.
    ///
    /// # Errors
    /// [`SendError::NoRoots`] and [`SendError::Tls`].
    pub(super) async fn handshake(
        &self,
        host: &Host,
        socket: Socket,
    ) -> Result<TlsStream<Socket>, SendError> {
        let config = self.config.get_or_try_init(load_platform_config).await?;
        let name = server_name(host).map_err(|error| SendError::Tls(std::io::Error::other(error)))?;
        TlsConnector::from(Arc::clone(config)).connect(name, socket).await.map_err(SendError::Tls)
    }
}

/// Whether the peer chose HTTP/2.
pub(super) fn chose_http2(stream: &TlsStream<Socket>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(b"h2")
}

fn server_name(host: &Host) -> Result<ServerName<'static>, rustls::pki_types::InvalidDnsNameError> {
    match host {
        Host::Address(ip) => Ok(ServerName::from(*ip)),
        Host::Name(name) => ServerName::try_from(name.to_string()),
    }
}

async fn load_platform_config() -> Result<Arc<ClientConfig>, SendError> {
    let load = || {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (usable, _) = roots.add_parsable_certificates(found.certs);
        if usable == 0 {
            tracing::warn!(errors = ?found.errors, "no root certificates were found, so outbound TLS is refused");
            return Err(SendError::NoRoots);
        }
        client_config(roots).map_err(|error| SendError::Tls(std::io::Error::other(error)))
    };
    tokio::task::spawn_blocking(load).await.map_err(|_| SendError::Cancelled)?
}

fn client_config(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

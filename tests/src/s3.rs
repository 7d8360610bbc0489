//! An S3 server of one test's own.

use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The name of its bucket.
const BUCKET: &str = "all";
/// The access key that it knows, and the secret.
const ACCESS_KEY: &str = "test-access-key";
const SECRET_KEY: &str = "test-secret-key";

/// Which requests it answers with an error of its own.
type Fault = Box<dyn FnMut(&Method, &str) -> bool + Send>;

/// A server with one empty bucket, on a port of its own. It ends when it is dropped.
pub struct S3 {
    folder: TempDir,
    addr: SocketAddr,
    fault: Arc<Mutex<Option<Fault>>>,
    task: JoinHandle<()>,
}

impl S3 {
    /// Starts a server.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = builder.build();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let fault = Arc::<Mutex<Option<Fault>>>::default();
        let task = tokio::spawn(serve(listener, service, fault.clone()));
        Self { folder, addr, fault, task }
    }

    /// The variables of a node that keeps its objects here.
    #[must_use]
    pub fn variables(&self) -> [(&'static str, String); 5] {
        [
            ("S3_BUCKET", BUCKET.to_owned()),
            ("S3_ENDPOINT_URL", format!("http://{}", self.addr)),
            ("S3_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("S3_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            ("APP_KEY", "app".to_owned()),
        ]
    }

    /// From now on answers requests with `500` whose method and target this says so of.
    pub fn fail(&self, fault: impl FnMut(&Method, &str) -> bool + Send + 'static) {
        *self.fault.lock().unwrap() = Some(Box::new(fault));
    }

    /// From now on answers every request as it should.
    pub fn recover(&self) {
        *self.fault.lock().unwrap() = None;
    }

    /// Where an object's bytes are.
    #[must_use]
    pub fn file(&self, key: &str) -> PathBuf {
        self.folder.path().join(BUCKET).join(key)
    }

    /// Parts of uploads that are neither complete nor aborted.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().flatten();
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(".upload")).count()
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, service: S3Service, fault: Arc<Mutex<Option<Fault>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (service, fault) = (service.clone(), fault.clone());
        let answer = service_fn(move |request: Request<Incoming>| {
            let target = request.uri().to_string();
            let fails = fault.lock().unwrap().as_mut().is_some_and(|fault| fault(request.method(), &target));
            let service = service.clone();
            async move {
                if fails {
                    let mut response = Response::new(s3s::Body::empty());
                    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                    return Ok(response);
                }
                service.call(request.map(s3s::Body::from)).await
            }
        });
        tokio::spawn(async move {
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

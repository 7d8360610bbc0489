//! Listeners, routing, shutdown.

mod body;
mod capabilities;
mod connection;
mod counts;
mod database;
mod functions;
mod health;
mod heartbeat;
mod history;
mod in_process;
mod listener;
mod node;
mod observation;
mod pages;
mod platform;
mod presence;
mod ready;
mod routes;
mod shutdown;
mod single;
mod stall;
mod storage;

pub use body::ServerBody;
pub use capabilities::{Platform, capabilities};
pub use functions::FunctionsRoutes;
pub use health::{DatabaseHealth, Health};
pub use in_process::InProcess;
pub use listener::{ListenError, Listener};
pub use node::{Node, NodeError};
pub use platform::PlatformRoutes;
pub use ready::{ReadyFile, url_of};
pub use routes::Routes;
pub use shutdown::Shutdown;
pub use single::SingleFunction;

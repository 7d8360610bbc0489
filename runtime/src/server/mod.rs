//! Listeners, routing, shutdown.

mod body;
mod capabilities;
mod connection;
mod functions;
mod health;
mod history;
mod listener;
mod node;
mod pages;
mod platform;
mod ready;
mod routes;
mod shutdown;
mod single;
mod stall;

pub use body::ServerBody;
pub use capabilities::{Platform, capabilities};
pub use functions::FunctionsRoutes;
pub use health::{DatabaseHealth, Health};
pub use listener::{ListenError, Listener};
pub use node::{Node, NodeError};
pub use platform::PlatformRoutes;
pub use ready::{ReadyFile, url_of};
pub use routes::Routes;
pub use shutdown::Shutdown;
pub use single::SingleFunction;

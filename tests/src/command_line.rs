//! The command line, as somebody uses it against a node.

use crate::{API_KEY, Finished, Launch, Node};
use serde_json::Value;

impl Node {
    /// A command that speaks to this node, with its key.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Launch {
        let url = self.platform().url("");
        Launch::new(arguments).var("WASMFORGE_URL", url).var("ACCESS_API_KEY", API_KEY)
    }

    /// Runs a command that must succeed. Returns what it wrote to standard output.
    pub async fn commanded(&self, arguments: &[&str]) -> String {
        let finished = self.command(arguments).finish().await;
        assert!(finished.status.success(), "{arguments:?}: {finished:?}");
        finished.stdout
    }

    /// The same for one that prints JSON.
    pub async fn commanded_json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        let text = self.commanded(&arguments).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {text}"))
    }
}

impl Finished {
    /// The exit code. Fails where a signal ended the process.
    #[must_use]
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| panic!("a signal ended it: {self:?}"))
    }
}

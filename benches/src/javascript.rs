//! JavaScript, server beside server: the hello, then functions that compute.
//!
//! Every server runs the same text. Those of V8 compile it to machine code while it is hot, and keep that for the next
//! request, where they keep an isolate; ours interprets, in a fresh instance for each request.

use crate::Plan;
use crate::code::Code;
use crate::functions::HELLO;
use crate::http1::{Connection, get};
use crate::install::Installation;
use crate::load::Request;
use crate::meters::memory;
use crate::node::{Node, check};
use crate::peers::{self, BARE, Peer};
use crate::table::Table;
use crate::throughput::{Comparison, compare};
use crate::v8::{self, PER_REQUEST, SHARED};
use anyhow::{Context as _, Result, bail};
use std::fs;

/// All functions, by slug.
const FUNCTIONS: [(&str, &str); 4] = [
    ("hello", HELLO),
    ("sha256", include_str!("../functions/sha256.js")),
    ("json", include_str!("../functions/json.js")),
    ("template", include_str!("../functions/template.js")),
];

/// Those that compute, and what they do.
const WORK: [(&str, &str); 3] = [
    ("sha256", "SHA-256 of 64 KiB, in script"),
    ("json", "parse and write 1 MB of JSON"),
    ("template", "a page of 1,000 rows"),
];

/// Measures all peers and prints a table for each kind of request.
pub(crate) async fn measure(installation: &Installation, plan: &Plan) -> Result<()> {
    let general = start(installation).await?;
    let special = [
        peers::bare_hyper(installation).await.context(BARE)?,
        peers::run(installation, &hello_file(installation)?).await.context("wasmforge run")?,
    ];
    let all: Vec<&Peer> = special.iter().chain(&general).collect();
    let hello = Comparison {
        title: "JavaScript: hello, GET".to_owned(),
        request: peers::hello(),
        connections: &plan.connections,
        against: &[BARE, SHARED, PER_REQUEST],
    };
    compare(&all, &hello, plan).await?;
    memory_table(&all)?.print()?;
    for (slug, what) in WORK {
        let request = agreed(&general, slug).await?;
        let title = format!("JavaScript: {what}");
        let work = Comparison { title, request, connections: &[1], against: &[SHARED, PER_REQUEST] };
        compare(&general.iter().collect::<Vec<_>>(), &work, plan).await?;
    }
    Ok(())
}

/// The servers that have all functions.
async fn start(installation: &Installation) -> Result<Vec<Peer>> {
    let mut servers = v8::start(installation, &FUNCTIONS).await?;
    let node = Node::start(installation).await?;
    for (slug, source) in FUNCTIONS {
        node.deploy(slug, &Code::Source(source.to_owned())).await?;
    }
    servers.push(Peer { name: "wasmforge serve", addr: node.functions, running: node.running });
    Ok(servers)
}

fn hello_file(installation: &Installation) -> Result<std::path::PathBuf> {
    let file = installation.folder("run")?.join("hello.js");
    fs::write(&file, HELLO)?;
    Ok(file)
}

/// A request for a function, and the answer on which all servers agree.
async fn agreed(servers: &[Peer], slug: &str) -> Result<Request> {
    let bytes = get(&format!("/{slug}"));
    let mut agreed: Option<Vec<u8>> = None;
    for server in servers {
        let answer = Connection::open(server.addr).await?.exchange(&bytes).await.context(server.name)?;
        check(&answer, slug).context(server.name)?;
        match &agreed {
            Some(body) if *body != answer.body => bail!("{} answers {slug} otherwise", server.name),
            _ => agreed = Some(answer.body),
        }
    }
    let expected = agreed.context("there is no server")?;
    Ok(Request { bytes: bytes.into(), expected: expected.into() })
}

fn memory_table(servers: &[&Peer]) -> Result<Table> {
    let mut table =
        Table::new("JavaScript: memory after the hello, in MiB", ["server", "RSS", "PSS", "anonymous"]);
    for server in servers {
        let used = memory(server.running.pid())?;
        let mib = |kib: u64| format!("{:.1}", kib as f64 / 1024.0);
        table.row([server.name.to_owned(), mib(used.rss), mib(used.pss), mib(used.anonymous)]);
    }
    Ok(table)
}

//! First requests: after a start, of a function that is not in memory, after a deploy.

use crate::code::Language;
use crate::http1::{Connection, get};
use crate::install::Installation;
use crate::node::{Node, invoke};
use crate::process::POLL;
use crate::table::Table;
use crate::waits::Waits;
use anyhow::{Result, bail};
use std::time::Duration;

/// How long a server may take to its first answer.
const FIRST_ANSWER: Duration = Duration::from_secs(30);

/// Measures `times` starts and deploys and prints the table.
pub(crate) async fn measure(installation: &Installation, language: Language, times: u32) -> Result<()> {
    // Deployed once: from then on their machine code is on the disk.
    let node = Node::start(installation).await?;
    for slug in ["hello", "hello-2"] {
        node.deploy(slug, &language.hello(installation, slug)?).await?;
    }
    drop(node);

    let mut start = Waits::default();
    let (mut first, mut second, mut warm) = (Waits::default(), Waits::default(), Waits::default());
    for _ in 0..times {
        start.add(start_to_first_answer(installation).await?);
        let node = Node::start(installation).await?;
        let mut connection = node.connect().await?;
        first.add(invoke(&mut connection, "hello").await?);
        second.add(invoke(&mut connection, "hello-2").await?);
        warm.add(invoke(&mut connection, "hello-2").await?);
    }

    let (mut deploy, mut after, mut both) = (Waits::default(), Waits::default(), Waits::default());
    let node = Node::start(installation).await?;
    let mut connection = node.connect().await?;
    for number in 0..times {
        let deployed =
            node.deploy("fresh", &language.hello(installation, &format!("deploy {number}"))?).await?;
        let answered = invoke(&mut connection, "fresh").await?;
        deploy.add(deployed);
        after.add(answered);
        both.add(deployed + answered);
    }

    let size = language.hello(installation, "")?.size();
    let title = format!("Cold: {times} times each, {} of {size} bytes, in ms", language.name());
    let mut table = Table::new(title, ["what", "median", "least", "most"]);
    start.row(&mut table, "`serve`, from start to first answer");
    first.row(&mut table, "first request of a process, code on disk");
    second.row(&mut table, "first request of a further function, code on disk");
    warm.row(&mut table, "the next request");
    deploy.row(&mut table, "deploy, until it is answered");
    after.row(&mut table, "first request after a deploy");
    both.row(&mut table, "deploy to first answer");
    Ok(table.print()?)
}

/// From before the process exists to the first answer of a function.
async fn start_to_first_answer(installation: &Installation) -> Result<Duration> {
    let mut running = Node::launch(installation)?;
    let functions = running.listening().await?;
    let mut connection = Connection::open(functions).await?;
    let request = get("/hello");
    while running.age() < FIRST_ANSWER {
        // 503 until the directory was read.
        match connection.exchange(&request).await?.status {
            200 => return Ok(running.age()),
            503 => tokio::time::sleep(POLL).await,
            status => bail!("hello answered {status}"),
        }
    }
    bail!("no function answered within {FIRST_ANSWER:?}")
}

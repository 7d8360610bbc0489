//! A deploy on one node until another one answers with it.

use crate::code::Language;
use crate::http1::get;
use crate::install::Installation;
use crate::node::{Node, check, invoke};
use crate::table::Table;
use crate::waits::Waits;
use anyhow::{Result, bail};
use std::time::{Duration, Instant};

/// How long the other node may take.
const ANSWERS: Duration = Duration::from_secs(30);

/// Between two questions to the other node.
const PAUSE: Duration = Duration::from_millis(1);

/// Deploys `times` new functions to one of two nodes and prints the table.
pub(crate) async fn measure(installation: &Installation, language: Language, times: u32) -> Result<()> {
    let first = Node::start_in(installation, "first").await?;
    let second = Node::start_in(installation, "second").await?;
    // The engine of functions in JavaScript is compiled by the first deploy, and loaded by the second node's first request.
    first.deploy("hello", &language.hello(installation, "nodes")?).await?;
    answered(&second, "hello", Instant::now()).await?;

    let (mut deployed, mut there, mut warm) = (Waits::default(), Waits::default(), Waits::default());
    for number in 0..times {
        let (slug, tag) = (format!("fresh-{number}"), format!("node {number}"));
        let code = language.hello(installation, &tag)?;
        let begin = Instant::now();
        deployed.add(first.deploy(&slug, &code).await?);
        there.add(answered(&second, &slug, begin).await?);
        warm.add(invoke(&mut second.connect().await?, &slug).await?);
    }

    let size = language.hello(installation, "")?.size();
    let title = format!("Two nodes: {times} deploys, {} of {size} bytes, in ms", language.name());
    let mut table = Table::new(title, ["what", "median", "least", "most"]);
    deployed.row(&mut table, "deploy, until it is answered");
    there.row(&mut table, "deploy to first answer of the other node");
    warm.row(&mut table, "the next request there");
    Ok(table.print()?)
}

/// From `begin` to a node's first answer with the function, which it does not know at first.
async fn answered(node: &Node, slug: &str, begin: Instant) -> Result<Duration> {
    let (mut connection, request) = (node.connect().await?, get(&format!("/{slug}")));
    while begin.elapsed() < ANSWERS {
        let answer = connection.exchange(&request).await?;
        if answer.status == 404 {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        check(&answer, slug)?;
        return Ok(begin.elapsed());
    }
    bail!("the other node did not answer within {ANSWERS:?}")
}

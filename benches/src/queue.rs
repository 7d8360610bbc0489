//! The queue: how fast requests that are answered later are taken in, and how fast they are done.

use crate::code::Language;
use crate::install::Installation;
use crate::meters;
use crate::node::Node;
use crate::table::Table;
use anyhow::{Result, bail};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Who asks at once.
const CONNECTIONS: u32 = 16;

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// What counts the jobs that are done.
const DONE: &str = "wasmforge_jobs_attempts_total{source=\"async\",result=\"succeeded\"}";

/// Puts `jobs` requests into the queue, waits until they are done, and prints the table.
pub(crate) async fn measure(installation: &Installation, language: Language, jobs: u32) -> Result<()> {
    let node = Node::start(installation).await?;
    node.deploy("hello", &language.hello(installation, "queue")?).await?;
    let each = jobs / CONNECTIONS;
    let before = meters::cpu(node.running.pid())?;
    let begin = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let mut connection = node.connect().await?;
        clients.spawn(async move {
            let request = b"POST /hello HTTP/1.1\r\nHost: localhost\r\nPrefer: respond-async\r\nContent-Length: 2\r\n\r\n{}";
            for _ in 0..each {
                let answer = connection.exchange(request).await?;
                if answer.status != 202 {
                    bail!("a request was answered {}: {}", answer.status, answer.text());
                }
            }
            Ok(())
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    let taken_in = begin.elapsed();
    let all = f64::from(each * CONNECTIONS);
    while node.metric(DONE).await? < all {
        if begin.elapsed() > PATIENCE {
            bail!("{} of {all} jobs were done within {PATIENCE:?}", node.metric(DONE).await?);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let done = begin.elapsed();
    let cpu = meters::cpu(node.running.pid())?.saturating_sub(before);
    let title = format!("The queue: {all} requests of {CONNECTIONS} clients, {}", language.name());
    let mut table = Table::new(title, ["what", "value"]);
    let rate = |time: Duration| format!("{:.0}", all / time.as_secs_f64());
    table.row(["requests taken in per second".to_owned(), rate(taken_in)]);
    table.row(["jobs done per second, from the first request to the last job's end".to_owned(), rate(done)]);
    table.row([
        "the server's CPU time for both, in µs".to_owned(),
        format!("{:.0}", cpu.as_secs_f64() * 1e6 / all),
    ]);
    Ok(table.print()?)
}

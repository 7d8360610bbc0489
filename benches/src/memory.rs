//! Resident memory of `wasmforge serve`: idle, full of functions, full of waiting requests.

use crate::code::Language;
use crate::http1::{Connection, get};
use crate::install::Installation;
use crate::meters::{Memory, memory};
use crate::node::{Node, check, invoke};
use crate::table::Table;
use crate::{Plan, say};
use anyhow::{Result, bail};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long guests wait. Time enough for all of them to be started on a slow machine, half of it.
const WAIT: Duration = Duration::from_secs(10);

/// Measures and prints the table.
pub(crate) async fn measure(installation: &Installation, plan: &Plan) -> Result<()> {
    let language = plan.language;
    let title =
        format!("Memory of `wasmforge serve` with {} in MiB; over idle for each, in KiB", language.name());
    let columns = ["state", "RSS", "PSS", "anonymous", "PSS over idle", "PSS for each", "anonymous for each"];
    let mut table = Table::new(title, columns);
    deploy(installation, language, plan.functions()).await?;

    let node = Node::start(installation).await?;
    let mut connection = node.connect().await?;
    invoke(&mut connection, "hello").await?;
    let idle = memory(node.running.pid())?;
    let functions = plan.functions();
    row(&mut table, &format!("idle: {functions} functions known, one loaded"), idle, None);
    for number in 0..functions {
        invoke(&mut connection, &slug(number)).await?;
    }
    let full = memory(node.running.pid())?;
    row(&mut table, &format!("{functions} functions loaded"), full, Some((idle, functions)));
    drop(node);

    let node = Node::start(installation).await?;
    let (_, path) = language.waiter(installation, 1)?;
    let warm = node.connect().await?.exchange(&get(&path)).await?;
    check(&warm, "wait")?;
    let idle = memory(node.running.pid())?;
    row(&mut table, "idle, for the next row", idle, None);
    let count = plan.waiting();
    let (_, path) = language.waiter(installation, WAIT.as_millis())?;
    let waiting = waiting(&node, &path, count).await?;
    let name = format!("{count} requests waiting inside a guest");
    row(&mut table, &name, waiting, Some((idle, u32::from(count))));
    row(&mut table, "after they were answered", memory(node.running.pid())?, Some((idle, 0)));
    Ok(table.print()?)
}

fn slug(number: u32) -> String {
    format!("hello-{number}")
}

/// Deploys `functions` functions that are alike but for their hash. A node of their own compiles them, so that what
/// compiling leaves behind is not measured.
async fn deploy(installation: &Installation, language: Language, functions: u32) -> Result<()> {
    say(format_args!("deploying {functions} functions"));
    let node = Node::start(installation).await?;
    node.deploy("hello", &language.hello(installation, "hello")?).await?;
    node.deploy("wait", &language.waiter(installation, 0)?.0).await?;
    for number in 0..functions {
        let slug = slug(number);
        node.deploy(&slug, &language.resident(installation, &slug)?).await?;
        if (number + 1) % 100 == 0 {
            say(format_args!("deployed {}", number + 1));
        }
    }
    Ok(())
}

/// Memory while `count` requests wait for a clock inside their instances, each on a connection of its own.
async fn waiting(node: &Node, path: &str, count: u16) -> Result<Memory> {
    let request = get(path);
    // First the connections: a server that is busy with a thousand instances accepts slowly.
    let mut connections = Vec::new();
    for _ in 0..count {
        connections.push(Connection::open(node.functions).await?);
    }
    let mut requests = JoinSet::new();
    let begin = Instant::now();
    for mut connection in connections {
        connection.send(&request).await?;
        requests.spawn(async move { connection.receive().await });
    }
    tokio::time::sleep((WAIT / 2).saturating_sub(begin.elapsed())).await;
    let measured = memory(node.running.pid())?;
    if begin.elapsed() >= WAIT || requests.try_join_next().is_some() {
        bail!("the machine is too slow to have {count} requests waiting at once");
    }
    while let Some(answer) = requests.join_next().await {
        check(&answer??, "a waiting function")?;
    }
    // Had some of them queued, they would have been answered a whole wait later.
    if begin.elapsed() > WAIT + WAIT / 2 {
        bail!("not all of {count} requests waited at the same time");
    }
    Ok(measured)
}

/// A row; `over` is the idle state and how many things were added to it.
fn row(table: &mut Table, name: &str, now: Memory, over: Option<(Memory, u32)>) {
    let mib = |kib: u64| format!("{:.1}", kib as f64 / 1024.0);
    let each = |now: u64, idle: u64, count: u32| match count {
        0 => String::new(),
        count => format!("{:.1}", now.saturating_sub(idle) as f64 / f64::from(count)),
    };
    let over = over.map(|(idle, count)| {
        [
            mib(now.pss.saturating_sub(idle.pss)),
            each(now.pss, idle.pss, count),
            each(now.anonymous, idle.anonymous, count),
        ]
    });
    let state = [name.to_owned(), mib(now.rss), mib(now.pss), mib(now.anonymous)];
    table.row(state.into_iter().chain(over.unwrap_or_default()));
}

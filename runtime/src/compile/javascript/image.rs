//! Evaluates a program's top level ahead of its requests, where nobody can tell the difference.

use super::instance::{Deploying, Problem};
use std::time::Duration;
use wasmforge_host_api::javascript::Image;
use wasmtime::component::Component;

/// The most bytes of an image. Putting a larger one in place would cost more than it saves.
const MAX_RECORDS: usize = 4 * 1024 * 1024;

/// How long a top level may take. One that takes longer is evaluated under its invocation's limits.
const PATIENCE: Duration = Duration::from_millis(500);

/// The memory that the program's top level leaves behind. None where it calls the host (for the time, a random number, a
/// secret, the network, the log), fails, or takes too long: then it is evaluated on every request, and the request
/// sees what it does.
pub(super) fn image_of(engine: &Component, bytecode: &[u8]) -> Option<Image> {
    // An instance that was given a program has it in its memory, and is no fresh one: what is compared with is the memory of
    // one that was given none.
    let (_, without) = evaluate(engine, &[]).ok()?;
    let (evaluated, with) = evaluate(engine, bytecode).ok()?;
    evaluated.ok()?;
    let ([(start, fresh)], [_, (_, evaluated)]) = (without.as_slice(), with.as_slice()) else { return None };
    Image::between(*start, fresh, evaluated).filter(|image| image.records().len() <= MAX_RECORDS)
}

/// What came of a program's top level, and the memory before it and, if it succeeded, after it.
fn evaluate(engine: &Component, bytecode: &[u8]) -> wasmtime::Result<(Result<(), Problem>, Memories)> {
    let mut instance = Deploying::new(engine)?;
    let evaluate = instance.function::<(&[u8],), (Result<(), Problem>,)>("evaluate")?;
    instance.store.set_epoch_deadline(1);
    let ticker = engine.engine().clone();
    std::thread::spawn(move || {
        std::thread::sleep(PATIENCE);
        ticker.increment_epoch();
    });
    let (evaluated,) = evaluate.call(&mut instance.store, (bytecode,))?;
    Ok((evaluated, std::mem::take(&mut instance.store.data_mut().memories)))
}

/// Where each begins, and its bytes.
type Memories = Vec<(u32, Vec<u8>)>;

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
    let memories = evaluate(engine, bytecode).ok()?;
    let [(start, fresh), (_, evaluated)] = memories.as_slice() else { return None };
    Image::between(*start, fresh, evaluated).filter(|image| image.records().len() <= MAX_RECORDS)
}

fn evaluate(engine: &Component, bytecode: &[u8]) -> wasmtime::Result<Vec<(u32, Vec<u8>)>> {
    let mut instance = Deploying::evaluating(engine, bytecode)?;
    let evaluate = instance.function::<(), (Result<(), Problem>,)>("evaluate")?;
    instance.store.set_epoch_deadline(1);
    let ticker = engine.engine().clone();
    std::thread::spawn(move || {
        std::thread::sleep(PATIENCE);
        ticker.increment_epoch();
    });
    let (evaluated,) = evaluate.call(&mut instance.store, ())?;
    evaluated.map_err(|problem| wasmtime::Error::msg(problem.message))?;
    Ok(std::mem::take(&mut instance.store.data_mut().memories))
}

//! Evaluates a program's top level ahead of its requests, where nobody can tell the difference.

use super::instance::{Deploying, Problem};
use wasmforge_host_api::javascript::Image;
use wasmtime::component::Component;

/// The most bytes of an image. Putting a larger one in place would cost more than it saves.
const MAX_RECORDS: usize = 4 * 1024 * 1024;

/// The memory that the program's top level leaves behind. None where it calls the host (for the time, a random number, a
/// secret, the network, the log), fails, or takes too long: then it is evaluated on every request, and the request
/// sees what it does.
pub(super) async fn image_of(engine: &Component, bytecode: &[u8]) -> Option<Image> {
    let memories = evaluate(engine, bytecode).await.ok()?;
    let [(start, fresh), (_, evaluated)] = memories.as_slice() else { return None };
    Image::between(*start, fresh, evaluated).filter(|image| image.records().len() <= MAX_RECORDS)
}

async fn evaluate(engine: &Component, bytecode: &[u8]) -> wasmtime::Result<Vec<(u32, Vec<u8>)>> {
    let mut instance = Deploying::new(engine).await?;
    let evaluate = instance.function::<(&[u8],), (Result<(), Problem>,)>("evaluate")?;
    let (evaluated,) = evaluate.call_async(&mut instance.store, (bytecode,)).await?;
    evaluated.map_err(|problem| wasmtime::Error::msg(problem.message))?;
    Ok(std::mem::take(&mut instance.store.data_mut().memories))
}

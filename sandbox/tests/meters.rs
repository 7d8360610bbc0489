//! The meters of an invocation: CPU time and memory.

use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmforge_sandbox::{MemoryMeter, Metered, Usage};
use wasmtime::ResourceLimiter;

fn meter(limit: u64) -> (MemoryMeter, Arc<Usage>) {
    let usage = Arc::new(Usage::default());
    (MemoryMeter::new(limit, usage.clone()), usage)
}

#[test]
fn memories_and_tables_share_one_limit() {
    let (mut meter, usage) = meter(200_000);
    assert!(meter.memory_growing(0, 65_536, None).unwrap());
    assert!(meter.memory_growing(0, 65_536, None).unwrap());
    assert!(meter.table_growing(0, 8_000, None).unwrap());
    assert_eq!(usage.peak_memory(), 195_072);
    assert!(!usage.memory_was_refused());
    assert!(!meter.table_growing(8_000, 9_000, None).unwrap());
    assert!(!meter.memory_growing(65_536, 131_072, None).unwrap());
    assert!(usage.memory_was_refused());
    assert_eq!(usage.peak_memory(), 195_072);
}

#[test]
fn a_memorys_own_maximum_is_not_our_refusal() {
    let (mut meter, usage) = meter(u64::MAX);
    assert!(!meter.memory_growing(0, 131_072, Some(65_536)).unwrap());
    assert!(!usage.memory_was_refused());
    assert_eq!(usage.peak_memory(), 0);
}

#[tokio::test]
async fn waiting_is_free_and_computing_is_not() {
    let usage = Arc::new(Usage::default());
    let meter = &usage.cpu;
    Metered::new(usage.clone(), tokio::time::sleep(Duration::from_millis(50))).await;
    let waited = meter.used();
    assert!(waited < Duration::from_millis(25), "{waited:?}");

    Metered::new(usage.clone(), async {
        let begin = meter.used_within_poll();
        let wall = Instant::now();
        while meter.used_within_poll() - begin < Duration::from_millis(20) {
            assert!(wall.elapsed() < Duration::from_secs(20), "the clock stands still");
        }
    })
    .await;
    assert!(meter.used() - waited >= Duration::from_millis(20));
}

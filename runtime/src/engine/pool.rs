//! The pool that instances are taken from: every slot is reserved at start, so that a request allocates nothing.

use super::LimitPolicy;
use wasmforge_sandbox::{MAX_CORE_INSTANCES, MAX_MEMORIES, MAX_TABLES};
use wasmtime::{Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Slots whose pages stay resident after use. Each holds up to [`KEEP_RESIDENT`] bytes of some function's last dirty
/// pages; a thousand of them once held 2.2 GB.
const MAX_WARM_SLOTS: u32 = 64;

/// Bytes of a linear memory that are cleared in place instead of given back to the kernel. Only of use together with
/// `pagemap_scan`, which finds the pages that were written; without it this costs more than it saves.
const KEEP_RESIDENT: usize = 1024 * 1024;

/// Table elements that one table may have.
const TABLE_ELEMENTS: usize = 100_000;

/// Address space that all linear memories of one engine may reserve: an eighth of the 47 bits that a process has.
const MAX_RESERVATION: u64 = 1 << 44;

/// The pool for `instances` invocations at once.
pub(super) fn strategy(instances: u32, policy: &LimitPolicy) -> InstanceAllocationStrategy {
    let slot = 4 << 30; // wasmtime reserves 4 GiB a memory, so that no access needs a bounds check
    let most = u32::try_from(MAX_RESERVATION / slot).unwrap_or(u32::MAX);
    let memories = instances.saturating_mul(2).min(most).max(instances.min(most));
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(8))
        .total_memories(memories)
        .total_tables(instances.saturating_mul(4))
        .total_stacks(instances)
        .max_core_instances_per_component(MAX_CORE_INSTANCES)
        .max_memories_per_component(MAX_MEMORIES)
        .max_tables_per_component(MAX_TABLES)
        .max_component_instance_size(4 * 1024 * 1024)
        .max_core_instance_size(4 * 1024 * 1024)
        .table_elements(TABLE_ELEMENTS)
        .max_memory_size(usize::try_from(policy.maximum.memory).unwrap_or(usize::MAX))
        .max_unused_warm_slots(MAX_WARM_SLOTS)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT)
        .pagemap_scan(if PoolingAllocationConfig::is_pagemap_scan_available() {
            Enabled::Yes
        } else {
            Enabled::No
        });
    if !PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.linear_memory_keep_resident(0).table_keep_resident(0);
    }
    InstanceAllocationStrategy::Pooling(pool)
}

//! The queue.

use super::{Group, variable};

pub(super) const GROUPS: &[Group] = &[Group {
    title: "The queue",
    before: "Requests that are answered later, and the changes of rows; see [The queue](operators-guide.md#the-queue).",
    variables: &[
        variable(
            "WASMFORGE_JOBS_WORKERS",
            "jobs",
            "`16`",
            "how many a node runs at once, 1000 at most. With 0 it takes requests in and leaves them to others",
        ),
        variable(
            "WASMFORGE_JOBS_PER_FUNCTION",
            "jobs",
            "half of the workers",
            "how many of them one function may have",
        ),
        variable(
            "WASMFORGE_JOBS_LEASE_MS",
            "ms",
            "`30000`",
            "how long a node that says nothing keeps a job, 500 at least. It speaks three times in it",
        ),
        variable(
            "WASMFORGE_JOBS_BACKOFF_MS",
            "ms",
            "`1000`",
            "the pause after a first attempt that failed. Each later one is twice as long, up to five minutes",
        ),
        variable(
            "WASMFORGE_JOBS_REQUEST_MIB",
            "MiB",
            "`6`",
            "the largest body that is taken in, 256 at most",
        ),
        variable("WASMFORGE_JOBS_ANSWER_MIB", "MiB", "`6`", "the largest answer that is kept, 256 at most"),
        variable("WASMFORGE_JOBS_RETENTION_MS", "ms", "`86400000`", "how long what succeeded is kept"),
        variable("WASMFORGE_JOBS_DEAD_RETENTION_MS", "ms", "`1209600000`", "how long what is dead is kept"),
        variable(
            "WASMFORGE_JOBS_MAX_WAITING",
            "jobs",
            "`10000`",
            "how many requests of one function may wait; more are answered `429`",
        ),
    ],
    after: "",
}];

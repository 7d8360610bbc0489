//! The platform's services.

use super::{Group, variable};

pub(super) const GROUPS: &[Group] = &[
    Group {
        title: "PostgREST and the platform's address",
        before: "",
        variables: &[
            variable(
                "POSTGREST_BASE_URL",
                "URL",
                "none",
                "where PostgREST is: `http://postgrest:3000`, or a gateway's `https://db.example.com/rest/v1`. It may have a private address. Its `PGRST_JWT_SECRET` is our `JWT_SECRET`, 32 bytes at least. Without it functions get `rest::Error::Unavailable`, and clients of [`/api/database`](client-api.md#the-database) `503`. With `dev`, one that runs already, instead of one that is started",
            ),
            variable(
                "INSFORGE_INTERNAL_URL",
                "URL",
                "the secret of this name",
                "where functions call the platform; see [Calls to the platform](operators-guide.md#calls-to-the-platform). A database that we create gets it as a secret",
            ),
            variable(
                "INSFORGE_BASE_URL",
                "URL",
                "`API_BASE_URL`, or the secret of this name",
                "the platform's public address, likewise",
            ),
            variable(
                "API_BASE_URL",
                "URL",
                "the platform listener",
                "where signed URLs lead that S3 does not sign",
            ),
        ],
        after: "\
Functions and clients find users in `auth.users`, and functions publish through `realtime.publish()`, by four connections of
their own to `DATABASE_URL`. In an empty database the migrations make both as InsForge does, and tell PostgREST when the
schema changes; beside InsForge's backend all that is its own to do.",
    },
    Group {
        title: "Storage",
        before: "The names are those of InsForge's backend, and so is the layout: both can serve one store.",
        variables: &[
            variable(
                "S3_BUCKET",
                "name",
                "`AWS_S3_BUCKET`",
                "objects are in this bucket of S3, under `APP_KEY/<bucket>/<key>`",
            ),
            variable("AWS_S3_BUCKET", "name", "none", "the older name of it"),
            variable("APP_KEY", "text", "`local`", "what keys in S3 begin with"),
            variable("S3_REGION", "name", "`AWS_REGION`", "the bucket's region"),
            variable("AWS_REGION", "name", "`us-east-2`", "the older name of it"),
            variable(
                "S3_ENDPOINT_URL",
                "URL",
                "AWS",
                "another service that speaks S3: `http://minio:9000`. It may have a private address",
            ),
            variable(
                "S3_FORCE_PATH_STYLE",
                "`true`, `false`",
                "on where there is an endpoint",
                "`false`: the bucket stands in the host's name",
            ),
            variable("S3_ACCESS_KEY_ID", "text", "`AWS_ACCESS_KEY_ID`", "the credentials' name"),
            variable("S3_SECRET_ACCESS_KEY", "text", "`AWS_SECRET_ACCESS_KEY`", "the credentials' secret"),
            variable("AWS_ACCESS_KEY_ID", "text", "the machine's role", "the older name of the first"),
            variable("AWS_SECRET_ACCESS_KEY", "text", "the machine's role", "the older name of the second"),
            variable(
                "S3_USE_PRESIGNED_URLS",
                "`true`, `false`",
                "on",
                "`false`: signed URLs lead to the platform, and not to S3",
            ),
            variable(
                "STORAGE_DIR",
                "path",
                "none; with `dev`, a folder of its data",
                "without S3: objects are in this directory, as `<bucket>/<key>`",
            ),
        ],
        after: "\
With neither `S3_BUCKET` nor `STORAGE_DIR`, functions get `storage::Error::Unavailable`. The largest object is
`storage.config.max_file_size_mb`. Each upload to S3 holds up to 5 MiB in memory, to a directory 256 KiB; 64 run at once in a
process, others wait. What a crash leaves of uploads is under `.uploads` in the directory, and removed at a start a day
later; for S3, give the bucket a rule that aborts incomplete multipart uploads.

Rows are written on up to eight connections of their own to `DATABASE_URL`. In an empty database the migrations make the
schema `storage` as InsForge does.",
    },
    Group {
        title: "Files",
        before: "",
        variables: &[
            variable(
                "WASMFORGE_ASSETS_DIR",
                "path",
                "none",
                "`<folder>/<slug>/` is what the function sees as `/assets`. `dev` takes `assets/` beside a function's source as well",
            ),
            variable(
                "WASMFORGE_SCRATCH_DIR",
                "path",
                "`wasmforge-scratch-<uid>` in `$TMPDIR`",
                "where scratch directories are made. It is made with mode 0700, and not used if others may enter it",
            ),
            variable(
                "WASMFORGE_MAX_SCRATCH_MIB",
                "MiB",
                "`256`",
                "the most that a function may be granted",
            ),
        ],
        after: "",
    },
    Group {
        title: "Language models and key-values",
        before: "",
        variables: &[
            variable(
                "WASMFORGE_AI_BASE_URL",
                "URL",
                "by the key",
                "an OpenAI-compatible endpoint: `https://openrouter.ai/api/v1`, `http://ollama:11434/v1`. It may have a private address",
            ),
            variable("WASMFORGE_AI_API_KEY", "text", "see below", "its key"),
            variable("OPENROUTER_API_KEY", "text", "the secret of this name", "InsForge's name of it"),
            variable(
                "WASMFORGE_AI_MODELS",
                "list",
                "all",
                "the models that functions may use, with commas between them; `*` stands for any text",
            ),
            variable(
                "WASMFORGE_AI_IMAGES",
                "`endpoint`, `chat`",
                "`chat` for OpenRouter",
                "whether images come from `/images/generations` or from a chat",
            ),
            variable("WASMFORGE_AI_TIMEOUT_MS", "ms", "`120000`", "how long the endpoint may be silent"),
            variable("WASMFORGE_KEYVALUE_VALUE_KIB", "KiB", "`1024`", "the largest value under a key"),
            variable("WASMFORGE_KEYVALUE_MIB", "MiB", "`64`", "all entries of one function"),
        ],
        after: "\
Without `WASMFORGE_AI_API_KEY` the key is InsForge's `OPENROUTER_API_KEY`, then the secrets `OPENROUTER_API_KEY` and
`OPENAI_API_KEY`, and the endpoint is that of the key unless `WASMFORGE_AI_BASE_URL` is set. Without either, functions get
`ai::Error::Unavailable`.

Key-values are rows of `functions.key_values`, written by the registry's own connections, six at most at once. Writes of one
function go one after the other. The entries of a function that is deleted stay until you delete them; delete its row of
`functions.key_value_usage` with them.",
    },
];

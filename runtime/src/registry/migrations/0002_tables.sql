-- What the registry adds. Every column of InsForge's stays as it is; ours may be NULL, so its writers need not know them.
ALTER TABLE functions.definitions
    ADD COLUMN IF NOT EXISTS kind text,
    ADD COLUMN IF NOT EXISTS module bytea,
    ADD COLUMN IF NOT EXISTS module_sha256 bytea,
    ADD COLUMN IF NOT EXISTS version bigint,
    ADD COLUMN IF NOT EXISTS limits jsonb,
    ADD COLUMN IF NOT EXISTS capabilities jsonb,
    ADD COLUMN IF NOT EXISTS auth text CHECK (auth IN ('public', 'authenticated', 'service'));

-- Modules are read whole, and PostgreSQL's compression would cost more time at a deploy than it saves in space.
ALTER TABLE functions.definitions ALTER COLUMN module SET STORAGE EXTERNAL;

-- The bytes behind every version, once per function however many of its versions share them. Not once for all
-- functions: then two deploys of the same bytes would have to wait for each other.
CREATE TABLE IF NOT EXISTS functions.modules (
    slug varchar(255) NOT NULL,
    sha256 bytea NOT NULL,
    bytes bytea NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (slug, sha256)
);
ALTER TABLE functions.modules ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- The history of every slug. Rows are written by the trigger and never change, but for the three build columns.
-- They outlive the function, so that a slug that is created again never reuses a number.
CREATE TABLE IF NOT EXISTS functions.versions (
    slug varchar(255) NOT NULL,
    version bigint NOT NULL,
    function_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('component', 'source')),
    module_sha256 bytea NOT NULL,
    module_size bigint NOT NULL,
    limits jsonb,
    capabilities jsonb,
    auth text,
    created_at timestamptz NOT NULL DEFAULT now(),
    build text CHECK (build IN ('good', 'bad')),
    build_error text,
    built_at timestamptz,
    PRIMARY KEY (slug, version)
);
CREATE INDEX IF NOT EXISTS versions_module ON functions.versions (module_sha256);

-- Machine code, sealed by the node that compiled it, per engine.
CREATE TABLE IF NOT EXISTS functions.artifacts (
    module_sha256 bytea NOT NULL,
    engine_key bytea NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (module_sha256, engine_key)
);
ALTER TABLE functions.artifacts ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- Which function or secret changed last in which transaction. A reader asks for everything that committed since its
-- last snapshot: no counter to contend for, and a lost notification costs no more than one poll interval.
CREATE TABLE IF NOT EXISTS functions.changes (
    topic text NOT NULL CHECK (topic IN ('function', 'secret', 'all')),
    name text NOT NULL,
    xid xid8 NOT NULL,
    PRIMARY KEY (topic, name)
);
CREATE INDEX IF NOT EXISTS changes_xid ON functions.changes (xid);

CREATE TABLE IF NOT EXISTS functions.invocations (
    id uuid PRIMARY KEY,
    slug text NOT NULL,
    version bigint NOT NULL,
    started_at timestamptz NOT NULL,
    method text NOT NULL,
    status integer NOT NULL,
    outcome text NOT NULL,
    duration_us bigint NOT NULL,
    cpu_us bigint NOT NULL,
    peak_memory bigint NOT NULL,
    request_bytes bigint NOT NULL,
    response_bytes bigint NOT NULL,
    host_calls bigint NOT NULL,
    error text
);
CREATE INDEX IF NOT EXISTS invocations_started_at ON functions.invocations (started_at);
CREATE INDEX IF NOT EXISTS invocations_slug ON functions.invocations (slug, started_at DESC);

CREATE TABLE IF NOT EXISTS functions.logs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    invocation_id uuid NOT NULL,
    slug text NOT NULL,
    logged_at timestamptz NOT NULL,
    level text NOT NULL,
    message text NOT NULL,
    fields jsonb
);
CREATE INDEX IF NOT EXISTS logs_logged_at ON functions.logs (logged_at);
CREATE INDEX IF NOT EXISTS logs_slug ON functions.logs (slug, logged_at DESC);

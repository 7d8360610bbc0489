-- The outbox: invocations to be made later, by whichever node has a place. See docs/decisions/0023-queue.md.

-- The order in which the changes of one row are delivered. A replayed job gets a new number: it goes to the end.
CREATE SEQUENCE IF NOT EXISTS functions.job_order;

CREATE TABLE IF NOT EXISTS functions.jobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    source text NOT NULL CHECK (source IN ('async', 'trigger')),
    slug text NOT NULL,
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'running', 'succeeded', 'retrying', 'dead')),
    -- What a function recognises a job by that it is handed twice.
    key text NOT NULL,
    trigger_id uuid,
    -- Jobs of one lane run one after the other: the changes of one row. NULL: a job of its own.
    lane bigint,
    seq bigint NOT NULL DEFAULT nextval('functions.job_order'),
    attempts integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- `infinity` while an earlier job of the lane is unfinished and somebody has noticed.
    next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    expires_at timestamptz,
    last_error text,
    last_status integer,
    -- Which node runs it, and until when nobody else may.
    lease_owner uuid,
    lease_until timestamptz,
    -- The request. Headers are an array of pairs; those that hold credentials are encrypted, and erased at the end.
    depth integer NOT NULL DEFAULT 0,
    method text NOT NULL,
    target text NOT NULL,
    headers jsonb NOT NULL DEFAULT '[]',
    credential text,
    had_credential boolean NOT NULL DEFAULT false,
    body bytea,
    -- The last answer.
    answer_status integer,
    answer_headers jsonb,
    answer_body bytea,
    -- Request and answer are gone.
    erased boolean NOT NULL DEFAULT false
);
-- Bodies are read whole, and rows change several times: compressing them would cost more than it saves.
ALTER TABLE functions.jobs ALTER COLUMN body SET STORAGE EXTERNAL, ALTER COLUMN answer_body SET STORAGE EXTERNAL;
-- Every job is written several times and read by few: the table must be vacuumed before it is a fifth garbage.
ALTER TABLE functions.jobs SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

CREATE INDEX IF NOT EXISTS jobs_waiting ON functions.jobs (slug, next_attempt_at, seq)
    WHERE status IN ('pending', 'retrying');
CREATE INDEX IF NOT EXISTS jobs_due ON functions.jobs (next_attempt_at) WHERE status IN ('pending', 'retrying');
CREATE INDEX IF NOT EXISTS jobs_lane ON functions.jobs (lane, seq)
    WHERE lane IS NOT NULL AND status IN ('pending', 'retrying', 'running');
CREATE INDEX IF NOT EXISTS jobs_running ON functions.jobs (lease_until) WHERE status = 'running';
CREATE INDEX IF NOT EXISTS jobs_created ON functions.jobs (created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS jobs_status ON functions.jobs (status, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS jobs_slug ON functions.jobs (slug, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS jobs_trigger ON functions.jobs (trigger_id, created_at DESC, id DESC)
    WHERE trigger_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS jobs_expires ON functions.jobs (expires_at) WHERE expires_at IS NOT NULL;

-- Leases up to `free` due jobs to a node, at most `each` of a function together with those that it runs already
-- (`busy`, by slug). Functions take turns: those first of which fewest run, in an order that begins after `after`.
--
-- A job whose lane has an earlier one that is unfinished is set aside (`infinity`) while that one is locked: whoever
-- finishes the earlier one waits for this transaction, and then finds the later one to be woken. A row that somebody else
-- has locked is left to the next call, so that two calls never wait for each other.
CREATE OR REPLACE FUNCTION functions.wasmforge_lease_jobs(
    node uuid, free integer, each integer, busy jsonb, lease interval, after text
) RETURNS SETOF functions.jobs LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    candidate record;
    blocker uuid;
    taken integer := 0;
    running jsonb := busy;
    leased functions.jobs;
BEGIN
    FOR candidate IN
        WITH RECURSIVE later (slug) AS (
            (SELECT j.slug FROM functions.jobs j
                WHERE j.status IN ('pending', 'retrying') AND j.slug > after ORDER BY j.slug LIMIT 1)
            UNION ALL
            SELECT (SELECT j.slug FROM functions.jobs j
                WHERE j.status IN ('pending', 'retrying') AND j.slug > later.slug ORDER BY j.slug LIMIT 1)
            FROM later WHERE later.slug IS NOT NULL
        ), earlier (slug) AS (
            (SELECT j.slug FROM functions.jobs j
                WHERE j.status IN ('pending', 'retrying') AND j.slug <= after ORDER BY j.slug LIMIT 1)
            UNION ALL
            SELECT (SELECT j.slug FROM functions.jobs j
                WHERE j.status IN ('pending', 'retrying') AND j.slug > earlier.slug AND j.slug <= after
                ORDER BY j.slug LIMIT 1)
            FROM earlier WHERE earlier.slug IS NOT NULL
        ), turns AS (
            SELECT s.slug, row_number() OVER () AS turn FROM (
                (SELECT slug FROM later WHERE slug IS NOT NULL LIMIT 200)
                UNION ALL (SELECT slug FROM earlier WHERE slug IS NOT NULL LIMIT 200)) s
        )
        SELECT t.slug, due.id, due.lane, due.seq
        FROM turns t CROSS JOIN LATERAL (
            SELECT j.id, j.lane, j.seq, row_number() OVER (ORDER BY j.next_attempt_at, j.seq) AS place
            FROM functions.jobs j
            WHERE j.slug = t.slug AND j.status IN ('pending', 'retrying') AND j.next_attempt_at <= clock_timestamp()
            -- Some of them may be behind others of their lane.
            ORDER BY j.next_attempt_at, j.seq LIMIT least(free, each) + 200
        ) due
        WHERE coalesce((busy ->> t.slug)::integer, 0) < each
        ORDER BY due.place + coalesce((busy ->> t.slug)::integer, 0), t.turn
    LOOP
        EXIT WHEN taken >= free;
        CONTINUE WHEN coalesce((running ->> candidate.slug)::integer, 0) >= each;
        PERFORM FROM functions.jobs j WHERE j.id = candidate.id AND j.status IN ('pending', 'retrying')
            AND j.next_attempt_at <= clock_timestamp() FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        IF candidate.lane IS NOT NULL THEN
            SELECT j.id INTO blocker FROM functions.jobs j
                WHERE j.lane = candidate.lane AND j.id <> candidate.id
                    AND (j.seq < candidate.seq AND j.status IN ('pending', 'retrying') OR j.status = 'running')
                ORDER BY j.seq LIMIT 1;
            IF FOUND THEN
                PERFORM FROM functions.jobs j WHERE j.id = blocker
                    AND j.status IN ('pending', 'retrying', 'running') FOR SHARE SKIP LOCKED;
                IF FOUND THEN
                    UPDATE functions.jobs j SET next_attempt_at = 'infinity' WHERE j.id = candidate.id;
                END IF;
                CONTINUE;
            END IF;
        END IF;
        UPDATE functions.jobs j SET status = 'running', attempts = j.attempts + 1, lease_owner = node,
            lease_until = clock_timestamp() + lease
            WHERE j.id = candidate.id RETURNING j.* INTO leased;
        taken := taken + 1;
        running := running || jsonb_build_object(candidate.slug,
            coalesce((running ->> candidate.slug)::integer, 0) + 1);
        RETURN NEXT leased;
    END LOOP;
END $$;

-- Lets the next job of a lane be leased, where one was set aside.
CREATE OR REPLACE FUNCTION functions.wasmforge_wake_lane(of_lane bigint) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE functions.jobs SET next_attempt_at = clock_timestamp() WHERE id = (
        SELECT j.id FROM functions.jobs j
        WHERE j.lane = of_lane AND j.status IN ('pending', 'retrying') AND j.next_attempt_at = 'infinity'
            AND NOT EXISTS (SELECT FROM functions.jobs e
                WHERE e.lane = j.lane AND e.seq < j.seq AND e.status IN ('pending', 'retrying', 'running'))
        ORDER BY j.seq LIMIT 1 FOR UPDATE SKIP LOCKED)
$$;

-- Ends an attempt, as long as the lease is the node's: `succeeded` and `dead` are kept for `keep`, `retrying` waits for
-- `delay`. Where `counts` is false the function was not run, and the attempt is given back. Returns whether it was ended.
CREATE OR REPLACE FUNCTION functions.wasmforge_finish_job(
    of_id uuid, node uuid, ending text, counts boolean, delay interval, keep interval, error text, http_status integer,
    status_line integer, answered_headers jsonb, answered_body bytea
) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_lane bigint;
    is_final boolean := ending IN ('succeeded', 'dead');
BEGIN
    UPDATE functions.jobs j SET status = ending,
        attempts = j.attempts - CASE WHEN counts THEN 0 ELSE 1 END,
        next_attempt_at = clock_timestamp() + delay,
        finished_at = CASE WHEN is_final THEN clock_timestamp() END,
        expires_at = CASE WHEN is_final THEN clock_timestamp() + keep END,
        credential = CASE WHEN is_final THEN NULL ELSE j.credential END,
        lease_owner = NULL, lease_until = NULL,
        last_error = CASE WHEN counts THEN error ELSE coalesce(error, j.last_error) END,
        last_status = coalesce(http_status, j.last_status),
        answer_status = status_line, answer_headers = answered_headers, answer_body = answered_body
        WHERE j.id = of_id AND j.lease_owner = node AND j.status = 'running' RETURNING j.lane INTO of_lane;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF is_final AND of_lane IS NOT NULL THEN
        PERFORM functions.wasmforge_wake_lane(of_lane);
    END IF;
    RETURN true;
END $$;

-- Frees the jobs of nodes that went away, and wakes what was set aside and should not be. Returns how many were freed.
CREATE OR REPLACE FUNCTION functions.wasmforge_reap_jobs(keep interval) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    freed integer;
BEGIN
    UPDATE functions.jobs j SET
        status = CASE WHEN j.attempts < j.max_attempts THEN 'retrying' ELSE 'dead' END,
        next_attempt_at = clock_timestamp(),
        finished_at = CASE WHEN j.attempts < j.max_attempts THEN NULL ELSE clock_timestamp() END,
        expires_at = CASE WHEN j.attempts < j.max_attempts THEN NULL ELSE clock_timestamp() + keep END,
        credential = CASE WHEN j.attempts < j.max_attempts THEN j.credential END,
        lease_owner = NULL, lease_until = NULL, last_error = 'the node that ran it went away'
        WHERE j.id IN (SELECT r.id FROM functions.jobs r
            WHERE r.status = 'running' AND r.lease_until < clock_timestamp() FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS freed = ROW_COUNT;
    UPDATE functions.jobs SET next_attempt_at = clock_timestamp() WHERE id IN (
        SELECT j.id FROM functions.jobs j
        WHERE j.status IN ('pending', 'retrying') AND j.next_attempt_at = 'infinity'
            AND NOT EXISTS (SELECT FROM functions.jobs e
                WHERE e.lane = j.lane AND e.seq < j.seq AND e.status IN ('pending', 'retrying', 'running'))
        LIMIT 1000 FOR UPDATE SKIP LOCKED);
    RETURN freed;
END $$;

REVOKE EXECUTE ON FUNCTION
    functions.wasmforge_lease_jobs(uuid, integer, integer, jsonb, interval, text),
    functions.wasmforge_wake_lane(bigint),
    functions.wasmforge_finish_job(
        uuid, uuid, text, boolean, interval, interval, text, integer, integer, jsonb, bytea),
    functions.wasmforge_reap_jobs(interval)
    FROM PUBLIC;

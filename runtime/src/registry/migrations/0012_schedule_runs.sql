-- What schedules have beyond InsForge's columns, and which of their due times somebody has taken.

-- A schedule without a row has these defaults. `since` is when its present plan came into force: no due time before it counts.
CREATE TABLE IF NOT EXISTS functions.schedule_settings (
    job_id uuid PRIMARY KEY,
    time_zone text NOT NULL DEFAULT 'UTC',
    retries integer NOT NULL DEFAULT 0 CHECK (retries BETWEEN 0 AND 10),
    missed text NOT NULL DEFAULT 'skip' CHECK (missed IN ('skip', 'run-once')),
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The primary key is what makes a due time fire once: of all nodes that insert it, one succeeds.
CREATE TABLE IF NOT EXISTS functions.schedule_runs (
    job_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    attempt integer NOT NULL DEFAULT 1,
    run_id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    source text NOT NULL DEFAULT 'schedule' CHECK (source IN ('schedule', 'manual')),
    state text NOT NULL CHECK (state IN ('waiting', 'running', 'succeeded', 'failed', 'lost', 'skipped', 'cancelled')),
    -- When a run that waits may begin.
    run_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The node that runs it, and until when that is believed without another word from it.
    node uuid,
    lease_until timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    log_id uuid,
    invocation_id uuid,
    PRIMARY KEY (job_id, due_at, attempt)
);
CREATE INDEX IF NOT EXISTS schedule_runs_waiting ON functions.schedule_runs (run_at) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS schedule_runs_running ON functions.schedule_runs (lease_until) WHERE state = 'running';
CREATE INDEX IF NOT EXISTS schedule_runs_log ON functions.schedule_runs (log_id) WHERE log_id IS NOT NULL;
-- An older InsForge has no such role.
DO $$
BEGIN
    IF to_regrole('project_admin') IS NOT NULL THEN
        GRANT SELECT ON functions.schedule_settings, functions.schedule_runs TO project_admin;
    END IF;
END $$;

-- What may change is more than what the first nodes knew; one that does not know a topic reads everything again.
ALTER TABLE functions.changes DROP CONSTRAINT IF EXISTS changes_topic_check;

-- Follows a schedule, whoever writes its row: its plan begins anew, and every node is told.
CREATE OR REPLACE FUNCTION functions.wasmforge_schedule_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM functions.schedule_runs WHERE job_id = OLD.id;
        DELETE FROM functions.schedule_settings WHERE job_id = OLD.id;
        PERFORM functions.wasmforge_notice('schedule', OLD.id::text, 'schedules');
        RETURN NULL;
    END IF;
    INSERT INTO functions.schedule_settings (job_id) VALUES (NEW.id)
        ON CONFLICT (job_id) DO UPDATE SET since = clock_timestamp();
    IF NOT NEW.is_active THEN
        UPDATE functions.schedule_runs SET state = 'cancelled', finished_at = clock_timestamp()
            WHERE job_id = NEW.id AND state = 'waiting' AND source = 'schedule';
    END IF;
    PERFORM functions.wasmforge_notice('schedule', NEW.id::text, 'schedules');
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION functions.wasmforge_schedule_set() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM functions.wasmforge_notice('schedule', NEW.job_id::text, 'schedules');
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER wasmforge_schedule_set AFTER UPDATE ON functions.schedule_settings
    FOR EACH ROW WHEN (
        OLD.time_zone IS DISTINCT FROM NEW.time_zone OR OLD.missed IS DISTINCT FROM NEW.missed
    ) EXECUTE FUNCTION functions.wasmforge_schedule_set();

-- Puts the triggers on `schedules.jobs` where it is there. Writing down when a schedule last ran is no change of it.
CREATE OR REPLACE FUNCTION functions.wasmforge_watch_schedules() RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF to_regclass('schedules.jobs') IS NULL
        OR (SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('schedules.jobs')
            AND attname IN ('cron_schedule', 'is_active', 'cron_job_id') AND NOT attisdropped) < 3
    THEN
        RETURN;
    END IF;
    CREATE OR REPLACE TRIGGER wasmforge_schedule_set AFTER INSERT OR DELETE ON schedules.jobs
        FOR EACH ROW EXECUTE FUNCTION functions.wasmforge_schedule_changed();
    CREATE OR REPLACE TRIGGER wasmforge_schedule_changed AFTER UPDATE ON schedules.jobs
        FOR EACH ROW WHEN (
            OLD.cron_schedule IS DISTINCT FROM NEW.cron_schedule
            OR OLD.is_active IS DISTINCT FROM NEW.is_active
            OR OLD.cron_job_id IS DISTINCT FROM NEW.cron_job_id
        ) EXECUTE FUNCTION functions.wasmforge_schedule_changed();
    CREATE OR REPLACE TRIGGER wasmforge_schedules_truncated AFTER TRUNCATE ON schedules.jobs
        FOR EACH STATEMENT EXECUTE FUNCTION functions.wasmforge_all_changed();
END $$;
REVOKE EXECUTE ON FUNCTION functions.wasmforge_watch_schedules() FROM PUBLIC;

SELECT functions.wasmforge_watch_schedules();

-- Schedules as InsForge has them. Runs only on a database whose tables are ours: where InsForge made them, its own
-- migrations make these too, with the functions through which pg_cron fires them.

CREATE SCHEMA IF NOT EXISTS schedules;

CREATE TABLE IF NOT EXISTS schedules.jobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    cron_schedule text NOT NULL,
    function_url text NOT NULL,
    http_method text NOT NULL DEFAULT 'POST',
    encrypted_headers text,
    headers jsonb,
    body jsonb,
    is_active boolean NOT NULL DEFAULT true,
    cron_job_id bigint,
    last_executed_at timestamptz,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);
CREATE INDEX IF NOT EXISTS idx_jobs_cron_job_id ON schedules.jobs (cron_job_id);
CREATE INDEX IF NOT EXISTS idx_jobs_is_active ON schedules.jobs (is_active);
CREATE OR REPLACE TRIGGER trg_jobs_updated_at BEFORE UPDATE ON schedules.jobs
    FOR EACH ROW EXECUTE FUNCTION system.update_updated_at();

CREATE TABLE IF NOT EXISTS schedules.job_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    job_id uuid REFERENCES schedules.jobs (id) ON DELETE CASCADE,
    executed_at timestamptz DEFAULT now(),
    status_code integer,
    success boolean,
    duration_ms bigint,
    message text
);
CREATE INDEX IF NOT EXISTS idx_job_logs_job_id ON schedules.job_logs (job_id);
CREATE INDEX IF NOT EXISTS idx_job_logs_executed_at ON schedules.job_logs (executed_at DESC);

CREATE TABLE IF NOT EXISTS schedules.config (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    retention_days integer DEFAULT 7 CHECK (retention_days IS NULL OR retention_days > 0),
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);
CREATE UNIQUE INDEX IF NOT EXISTS idx_schedules_config_singleton ON schedules.config ((1));
CREATE OR REPLACE TRIGGER update_schedules_config_updated_at BEFORE UPDATE ON schedules.config
    FOR EACH ROW EXECUTE FUNCTION system.update_updated_at();
INSERT INTO schedules.config (retention_days) SELECT 7 WHERE NOT EXISTS (SELECT FROM schedules.config);

SELECT functions.wasmforge_watch_schedules();

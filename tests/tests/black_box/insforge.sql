-- What InsForge's backend leaves in a database: roles, the tables behind functions and secrets, and some of the rest.
DO $$ BEGIN CREATE ROLE anon NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE authenticated NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN
    CREATE ROLE project_admin NOLOGIN BYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

CREATE SCHEMA functions;
CREATE SCHEMA system;
CREATE SCHEMA auth;
CREATE SCHEMA schedules;
GRANT USAGE ON SCHEMA auth TO PUBLIC;
GRANT USAGE ON SCHEMA functions, system TO project_admin;

CREATE TABLE system.migrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);
INSERT INTO system.migrations (name, run_on) VALUES ('000_create-base-tables', now());

CREATE FUNCTION system.update_updated_at() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.updated_at = CURRENT_TIMESTAMP; RETURN NEW; END';
CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS
    'SELECT nullif(current_setting(''request.jwt.claims'', true), '''')::jsonb';

CREATE TABLE functions.definitions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), slug varchar(255) NOT NULL UNIQUE, name varchar(255) NOT NULL,
    description text, code text NOT NULL, status varchar(50) DEFAULT 'draft', created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(), deployed_at timestamptz);
CREATE TRIGGER update_definitions_updated_at BEFORE UPDATE ON functions.definitions
    FOR EACH ROW EXECUTE FUNCTION system.update_updated_at();
CREATE TABLE functions.deployments (
    id text PRIMARY KEY, project_id text NOT NULL, status text NOT NULL DEFAULT 'pending', url text,
    function_count integer, functions jsonb, error_message text, build_logs jsonb,
    created_at timestamptz DEFAULT now());
GRANT SELECT ON ALL TABLES IN SCHEMA functions TO project_admin;

CREATE TABLE system.secrets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), key text NOT NULL UNIQUE, value_ciphertext text NOT NULL,
    is_active boolean DEFAULT true, last_used_at timestamptz, expires_at timestamptz,
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(), is_reserved boolean DEFAULT false);
CREATE TRIGGER update_secrets_updated_at BEFORE UPDATE ON system.secrets
    FOR EACH ROW EXECUTE FUNCTION system.update_updated_at();
CREATE TABLE system.audit_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), actor text NOT NULL, action text NOT NULL, module text NOT NULL,
    details jsonb, ip_address inet, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
CREATE INDEX idx_audit_logs_actor ON system.audit_logs (actor);
GRANT SELECT ON ALL TABLES IN SCHEMA system TO project_admin;

CREATE TABLE schedules.jobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, cron_schedule text NOT NULL,
    function_url text NOT NULL, http_method text NOT NULL DEFAULT 'POST', encrypted_headers text, headers jsonb,
    body jsonb, is_active boolean NOT NULL DEFAULT true, cron_job_id bigint, last_executed_at timestamptz,
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
CREATE TRIGGER trg_jobs_updated_at BEFORE UPDATE ON schedules.jobs
    FOR EACH ROW EXECUTE FUNCTION system.update_updated_at();
CREATE TABLE schedules.job_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), job_id uuid REFERENCES schedules.jobs (id) ON DELETE CASCADE,
    executed_at timestamptz DEFAULT now(), status_code integer, success boolean, duration_ms bigint, message text);
CREATE TABLE schedules.config (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    retention_days integer DEFAULT 7 CHECK (retention_days IS NULL OR retention_days > 0),
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
CREATE UNIQUE INDEX idx_schedules_config_singleton ON schedules.config ((1));
INSERT INTO schedules.config (retention_days) VALUES (7);
CREATE TABLE public.posts (id bigserial PRIMARY KEY, title text NOT NULL, owner text DEFAULT (auth.jwt() ->> 'sub'));
ALTER TABLE public.posts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.posts TO authenticated USING (owner = (auth.jwt() ->> 'sub'));

INSERT INTO functions.definitions (slug, name, description, code, status, updated_at, deployed_at) VALUES
    ('old', 'Old', 'the first', 'module.exports = () => new Response("old")', 'active',
        '2026-01-02 03:04:05.678901Z', '2026-01-02 03:04:05.678901Z'),
    ('hidden', 'Hidden', NULL, 'module.exports = () => new Response("hidden")', 'draft', '2026-01-03Z', NULL),
    ('hello!', 'Hello!', NULL, 'module.exports = () => new Response("odd")', 'active', '2026-01-04Z', NULL);

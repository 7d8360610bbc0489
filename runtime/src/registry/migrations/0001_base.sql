-- The part of an InsForge-shaped database that functions need first. Runs only on a database that has none of it:
-- where InsForge created the tables, they are InsForge's to change.

-- Roles belong to the whole cluster, so another database may have made them, even at this very moment.
DO $$
BEGIN
    CREATE ROLE anon NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$
BEGIN
    CREATE ROLE authenticated NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$
BEGIN
    CREATE ROLE project_admin NOLOGIN BYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

GRANT USAGE ON SCHEMA public TO anon, authenticated, project_admin;
GRANT ALL ON ALL TABLES IN SCHEMA public TO project_admin;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO project_admin;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO anon, authenticated;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO anon, authenticated, project_admin;

-- Who is calling, for row-level security: read from the one identity setting, request.jwt.claims.
CREATE SCHEMA IF NOT EXISTS auth;
GRANT USAGE ON SCHEMA auth TO PUBLIC;

CREATE OR REPLACE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb
$$;
CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT nullif(auth.jwt() ->> 'sub', '')::uuid
$$;
CREATE OR REPLACE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT nullif(auth.jwt() ->> 'role', '')
$$;
CREATE OR REPLACE FUNCTION auth.email() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT nullif(auth.jwt() ->> 'email', '')
$$;

CREATE SCHEMA IF NOT EXISTS system;
GRANT USAGE ON SCHEMA system TO project_admin;

CREATE OR REPLACE FUNCTION system.update_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;

CREATE TABLE IF NOT EXISTS system.secrets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    key text NOT NULL UNIQUE,
    value_ciphertext text NOT NULL,
    is_active boolean DEFAULT true,
    last_used_at timestamptz,
    expires_at timestamptz,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    is_reserved boolean DEFAULT false
);
CREATE OR REPLACE TRIGGER update_secrets_updated_at BEFORE UPDATE ON system.secrets
    FOR EACH ROW EXECUTE FUNCTION system.update_updated_at();

CREATE TABLE IF NOT EXISTS system.audit_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    actor text NOT NULL,
    action text NOT NULL,
    module text NOT NULL,
    details jsonb,
    ip_address inet,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);
CREATE INDEX IF NOT EXISTS idx_audit_logs_actor ON system.audit_logs (actor);
CREATE INDEX IF NOT EXISTS idx_audit_logs_module ON system.audit_logs (module);
CREATE INDEX IF NOT EXISTS idx_audit_logs_created_at ON system.audit_logs (created_at DESC);
GRANT SELECT ON system.secrets, system.audit_logs TO project_admin;

CREATE SCHEMA IF NOT EXISTS functions;
GRANT USAGE ON SCHEMA functions TO project_admin;

CREATE TABLE IF NOT EXISTS functions.definitions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug varchar(255) NOT NULL UNIQUE,
    name varchar(255) NOT NULL,
    description text,
    code text NOT NULL,
    status varchar(50) DEFAULT 'draft',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    deployed_at timestamptz
);
CREATE OR REPLACE TRIGGER update_definitions_updated_at BEFORE UPDATE ON functions.definitions
    FOR EACH ROW EXECUTE FUNCTION system.update_updated_at();

CREATE TABLE IF NOT EXISTS functions.deployments (
    id text PRIMARY KEY,
    project_id text NOT NULL,
    status text NOT NULL DEFAULT 'pending',
    url text,
    function_count integer,
    functions jsonb,
    error_message text,
    build_logs jsonb,
    created_at timestamptz DEFAULT now()
);
GRANT SELECT ON functions.definitions, functions.deployments TO project_admin;

-- What InsForge's backend leaves in a database, as far as functions are concerned.
CREATE SCHEMA functions;
CREATE SCHEMA system;

CREATE TABLE system.migrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);

CREATE FUNCTION system.update_updated_at() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.updated_at = now(); RETURN NEW; END';

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

CREATE TABLE system.secrets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), key text NOT NULL UNIQUE, value_ciphertext text NOT NULL,
    is_active boolean DEFAULT true, last_used_at timestamptz, expires_at timestamptz,
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(), is_reserved boolean DEFAULT false);
CREATE TRIGGER update_secrets_updated_at BEFORE UPDATE ON system.secrets
    FOR EACH ROW EXECUTE FUNCTION system.update_updated_at();
CREATE TABLE system.audit_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), actor text NOT NULL, action text NOT NULL, module text NOT NULL,
    details jsonb, ip_address inet, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());

INSERT INTO functions.definitions (slug, name, code, status, updated_at)
    VALUES ('old', 'Old', 'module.exports = () => new Response("old")', 'active', '2026-01-02 03:04:05.678901Z');

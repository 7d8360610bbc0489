-- InsForge's storage, where neither it nor InsForge's backend is there. Shapes, grants and the absence of policies are
-- those of a fresh installation: signed-in users have full access until a project writes policies, nobody else has any.
DO $storage$
BEGIN
    IF to_regnamespace('storage') IS NOT NULL OR to_regclass('system.migrations') IS NOT NULL THEN
        RETURN;
    END IF;
    CREATE SCHEMA storage;

    CREATE TABLE storage.buckets (
        name text PRIMARY KEY,
        public boolean DEFAULT true,
        created_at timestamptz DEFAULT now(),
        updated_at timestamptz DEFAULT now(),
        cors_rules jsonb,
        versioning_status text NOT NULL DEFAULT 'Disabled'
            CHECK (versioning_status IN ('Enabled', 'Disabled', 'Suspended'))
    );

    CREATE TABLE storage.objects (
        bucket text NOT NULL REFERENCES storage.buckets (name) ON DELETE CASCADE,
        key text NOT NULL,
        size integer NOT NULL,
        mime_type text,
        uploaded_at timestamptz DEFAULT now(),
        uploaded_by text,
        uploaded_via text NOT NULL DEFAULT 'rest' CHECK (uploaded_via IN ('rest', 's3', 'dashboard')),
        s3_access_key_id text,
        etag text,
        PRIMARY KEY (bucket, key)
    );
    CREATE INDEX idx_storage_uploaded_by ON storage.objects (uploaded_by);
    CREATE INDEX idx_storage_objects_s3_access_key_id ON storage.objects (s3_access_key_id)
        WHERE s3_access_key_id IS NOT NULL;

    CREATE TABLE storage.object_tags (
        bucket text NOT NULL,
        key text NOT NULL,
        tag_key text NOT NULL,
        tag_value text NOT NULL,
        PRIMARY KEY (bucket, key, tag_key),
        FOREIGN KEY (bucket, key) REFERENCES storage.objects (bucket, key) ON DELETE CASCADE
    );

    CREATE TABLE storage.s3_access_keys (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        access_key_id text NOT NULL UNIQUE,
        secret_access_key_encrypted text NOT NULL,
        description text,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz
    );
    CREATE INDEX idx_s3_access_keys_last_used_at ON storage.s3_access_keys (last_used_at);

    CREATE TABLE storage.config (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        max_file_size_mb integer NOT NULL DEFAULT 50 CHECK (max_file_size_mb BETWEEN 1 AND 200),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE UNIQUE INDEX idx_storage_config_singleton ON storage.config ((1));
    CREATE TRIGGER update_storage_config_updated_at BEFORE UPDATE ON storage.config
        FOR EACH ROW EXECUTE FUNCTION system.update_updated_at();
    INSERT INTO storage.config (max_file_size_mb) VALUES (50);

    CREATE FUNCTION storage.foldername(name text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
        $$ SELECT trim_array(string_to_array(name, '/'), 1) $$;
    CREATE FUNCTION storage.filename(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
        $$ SELECT split_part(name, '/', -1) $$;
    CREATE FUNCTION storage.extension(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
        $$ SELECT substring(name FROM '\.([^./\\]+)$') $$;

    GRANT USAGE ON SCHEMA storage TO authenticated, project_admin;
    GRANT SELECT, INSERT, UPDATE, DELETE ON storage.objects, storage.buckets TO authenticated;
    GRANT SELECT ON ALL TABLES IN SCHEMA storage TO project_admin;
    GRANT REFERENCES (bucket, key) ON storage.objects TO project_admin;
END
$storage$;

-- Versions and change notices, whoever writes the row: this runtime, InsForge's backend, or a person with psql.
-- The functions run as their owner, so that a writer needs no rights on the tables behind them.

-- Settles the columns that follow from the others, and gives a changed row its next version.
CREATE OR REPLACE FUNCTION functions.wasmforge_stamp() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- A writer that knows only `code` has replaced the component by source text.
    IF TG_OP = 'UPDATE' AND OLD.module IS NOT NULL
        AND NEW.code IS DISTINCT FROM OLD.code AND NEW.module IS NOT DISTINCT FROM OLD.module
    THEN
        NEW.module := NULL;
    END IF;

    IF NEW.module IS NULL THEN
        NEW.kind := 'source';
        NEW.module_sha256 := sha256(convert_to(NEW.code, 'UTF8'));
    ELSE
        NEW.kind := 'component';
        NEW.module_sha256 := sha256(NEW.module);
        -- The column may not be NULL, and an empty text means "not deployed" to InsForge's runtime.
        NEW.code := '// WebAssembly component, sha256 ' || encode(NEW.module_sha256, 'hex');
    END IF;

    IF TG_OP = 'UPDATE' AND OLD.version IS NOT NULL
        AND NEW.slug = OLD.slug
        AND NEW.kind IS NOT DISTINCT FROM OLD.kind
        AND NEW.module_sha256 IS NOT DISTINCT FROM OLD.module_sha256
        AND NEW.limits IS NOT DISTINCT FROM OLD.limits
        AND NEW.capabilities IS NOT DISTINCT FROM OLD.capabilities
        AND NEW.auth IS NOT DISTINCT FROM OLD.auth
    THEN
        NEW.version := OLD.version;
    ELSE
        SELECT coalesce(max(v.version), 0) + 1 INTO NEW.version FROM functions.versions v WHERE v.slug = NEW.slug;
    END IF;

    -- Numbering the rows that were there before us is no change of theirs.
    IF TG_OP = 'UPDATE' AND current_setting('wasmforge.backfill', true) = 'on' THEN
        NEW.updated_at := OLD.updated_at;
    END IF;
    RETURN NEW;
END $$;

-- Tells every node what changed, now by notification and later by a row that a poll finds.
CREATE OR REPLACE FUNCTION functions.wasmforge_notice(topic text, name text, payload text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO functions.changes AS c (topic, name, xid) VALUES ($1, $2, pg_current_xact_id())
        ON CONFLICT ON CONSTRAINT changes_pkey DO UPDATE SET xid = EXCLUDED.xid;
    PERFORM pg_notify('wasmforge_changed', payload);
END $$;

CREATE OR REPLACE FUNCTION functions.wasmforge_record() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    content bytea;
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM functions.wasmforge_notice('function', OLD.slug, 'function:' || OLD.slug);
        RETURN NULL;
    END IF;

    IF TG_OP = 'INSERT' OR NEW.version IS DISTINCT FROM OLD.version OR NEW.slug <> OLD.slug THEN
        content := coalesce(NEW.module, convert_to(NEW.code, 'UTF8'));
        -- Touching a row that is there keeps the retention sweep from taking it in this very moment.
        INSERT INTO functions.modules AS m (slug, sha256, bytes) VALUES (NEW.slug, NEW.module_sha256, content)
            ON CONFLICT (slug, sha256) DO UPDATE SET stored_at = now();
        INSERT INTO functions.versions
            (slug, version, function_id, kind, module_sha256, module_size, limits, capabilities, auth, build)
        VALUES (NEW.slug, NEW.version, NEW.id, NEW.kind, NEW.module_sha256, length(content), NEW.limits,
            NEW.capabilities, NEW.auth,
            -- What compiled once compiles again; only its settings are new.
            (SELECT v.build FROM functions.versions v
                WHERE v.module_sha256 = NEW.module_sha256 AND v.build = 'good' LIMIT 1));
    ELSIF NEW.status IS NOT DISTINCT FROM OLD.status THEN
        RETURN NULL;
    END IF;

    IF TG_OP = 'UPDATE' AND NEW.slug <> OLD.slug THEN
        PERFORM functions.wasmforge_notice('function', OLD.slug, 'function:' || OLD.slug);
    END IF;
    PERFORM functions.wasmforge_notice('function', NEW.slug, 'function:' || NEW.slug);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION functions.wasmforge_secret_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM functions.wasmforge_notice('secret', coalesce(NEW.key, OLD.key), 'secrets');
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION functions.wasmforge_all_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM functions.wasmforge_notice('all', '', 'all');
    RETURN NULL;
END $$;

REVOKE EXECUTE ON FUNCTION functions.wasmforge_notice(text, text, text) FROM PUBLIC;

-- The name sorts after InsForge's update_definitions_updated_at, so it runs after it.
CREATE OR REPLACE TRIGGER wasmforge_stamp
    BEFORE INSERT OR UPDATE OF slug, code, kind, module, module_sha256, version, limits, capabilities, auth
    ON functions.definitions FOR EACH ROW EXECUTE FUNCTION functions.wasmforge_stamp();
CREATE OR REPLACE TRIGGER wasmforge_record AFTER INSERT OR UPDATE OR DELETE ON functions.definitions
    FOR EACH ROW EXECUTE FUNCTION functions.wasmforge_record();
CREATE OR REPLACE TRIGGER wasmforge_truncated AFTER TRUNCATE ON functions.definitions
    FOR EACH STATEMENT EXECUTE FUNCTION functions.wasmforge_all_changed();

CREATE OR REPLACE TRIGGER wasmforge_secret_set AFTER INSERT OR DELETE ON system.secrets
    FOR EACH ROW EXECUTE FUNCTION functions.wasmforge_secret_changed();
-- InsForge's backend writes `last_used_at` at every check of a key; that is no change.
CREATE OR REPLACE TRIGGER wasmforge_secret_changed AFTER UPDATE ON system.secrets
    FOR EACH ROW WHEN (
        OLD.key IS DISTINCT FROM NEW.key
        OR OLD.value_ciphertext IS DISTINCT FROM NEW.value_ciphertext
        OR OLD.is_active IS DISTINCT FROM NEW.is_active
        OR OLD.expires_at IS DISTINCT FROM NEW.expires_at
    ) EXECUTE FUNCTION functions.wasmforge_secret_changed();
CREATE OR REPLACE TRIGGER wasmforge_secrets_truncated AFTER TRUNCATE ON system.secrets
    FOR EACH STATEMENT EXECUTE FUNCTION functions.wasmforge_all_changed();

-- The functions that were deployed before us get their first version.
SELECT set_config('wasmforge.backfill', 'on', true);
UPDATE functions.definitions SET version = version WHERE version IS NULL;
SELECT set_config('wasmforge.backfill', 'off', true);

-- Who made a version, versions that go live again, and two versions that share a function's traffic.

ALTER TABLE functions.versions ADD COLUMN IF NOT EXISTS created_by text;

-- A version that gets a part of the requests beside the live one, in percent. It ends when another version goes live.
CREATE TABLE IF NOT EXISTS functions.traffic (
    slug varchar(255) PRIMARY KEY,
    version bigint NOT NULL,
    percent smallint NOT NULL CHECK (percent BETWEEN 0 AND 100),
    created_by text,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Who writes: the actor that the admin API names in its transaction, or the role that somebody else signed in as.
CREATE OR REPLACE FUNCTION functions.wasmforge_actor() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('wasmforge.actor', true), ''), 'database:' || session_user)
$$;

-- Keeps a version with its bytes. One that is there already stays as it is.
CREATE OR REPLACE FUNCTION functions.wasmforge_keep_version(
    of_slug text, number bigint, owner uuid, of_kind text, hash bytea, content bytea,
    of_limits jsonb, of_capabilities jsonb, of_auth text
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Touching a row that is there keeps the retention sweep from taking it in this very moment.
    INSERT INTO functions.modules AS m (slug, sha256, bytes) VALUES (of_slug, hash, content)
        ON CONFLICT ON CONSTRAINT modules_pkey DO UPDATE SET stored_at = now();
    INSERT INTO functions.versions
        (slug, version, function_id, kind, module_sha256, module_size, limits, capabilities, auth, created_by, build)
    VALUES (of_slug, number, owner, of_kind, hash, length(content), of_limits, of_capabilities, of_auth,
        functions.wasmforge_actor(),
        -- What compiled once compiles again; only its settings are new.
        (SELECT v.build FROM functions.versions v WHERE v.module_sha256 = hash AND v.build = 'good' LIMIT 1))
        ON CONFLICT ON CONSTRAINT versions_pkey DO NOTHING;
END $$;
REVOKE EXECUTE ON FUNCTION functions.wasmforge_keep_version(
    text, bigint, uuid, text, bytea, bytea, jsonb, jsonb, text
) FROM PUBLIC;

-- Fills a row whose number alone was changed with the version of that number. NULL where there is none to go to.
CREATE OR REPLACE FUNCTION functions.wasmforge_restored(wanted functions.definitions) RETURNS functions.definitions
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stored functions.versions;
    content bytea;
BEGIN
    SELECT v.* INTO stored FROM functions.versions v WHERE v.slug = wanted.slug AND v.version = wanted.version;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT m.bytes INTO content FROM functions.modules m
        WHERE m.slug = wanted.slug AND m.sha256 = stored.module_sha256;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the code of version % of % is no longer kept', wanted.version, wanted.slug
            USING ERRCODE = 'no_data_found';
    END IF;
    wanted.kind := stored.kind;
    wanted.module_sha256 := stored.module_sha256;
    wanted.limits := stored.limits;
    wanted.capabilities := stored.capabilities;
    wanted.auth := stored.auth;
    IF stored.kind = 'component' THEN
        wanted.module := content;
        wanted.code := '// WebAssembly component, sha256 ' || encode(stored.module_sha256, 'hex');
    ELSE
        wanted.module := NULL;
        wanted.code := convert_from(content, 'UTF8');
    END IF;
    RETURN wanted;
END $$;
REVOKE EXECUTE ON FUNCTION functions.wasmforge_restored(functions.definitions) FROM PUBLIC;

CREATE OR REPLACE FUNCTION functions.wasmforge_stamp() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    restored functions.definitions;
BEGIN
    -- Another number and nothing else: that version goes live again.
    IF TG_OP = 'UPDATE' AND NEW.version <> OLD.version AND NEW.slug = OLD.slug
        AND NEW.code = OLD.code AND NEW.module IS NOT DISTINCT FROM OLD.module
        AND NEW.limits IS NOT DISTINCT FROM OLD.limits
        AND NEW.capabilities IS NOT DISTINCT FROM OLD.capabilities
        AND NEW.auth IS NOT DISTINCT FROM OLD.auth
    THEN
        restored := functions.wasmforge_restored(NEW);
        IF restored.id IS NOT NULL THEN
            RETURN restored;
        END IF;
    END IF;

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

CREATE OR REPLACE FUNCTION functions.wasmforge_record() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM functions.traffic t WHERE t.slug = OLD.slug;
        PERFORM functions.wasmforge_notice('function', OLD.slug, 'function:' || OLD.slug);
        RETURN NULL;
    END IF;

    IF TG_OP = 'INSERT' OR NEW.version IS DISTINCT FROM OLD.version OR NEW.slug <> OLD.slug THEN
        PERFORM functions.wasmforge_keep_version(NEW.slug, NEW.version, NEW.id, NEW.kind, NEW.module_sha256,
            coalesce(NEW.module, convert_to(NEW.code, 'UTF8')), NEW.limits, NEW.capabilities, NEW.auth);
        -- What goes live gets every request.
        DELETE FROM functions.traffic t WHERE t.slug = NEW.slug;
    ELSIF NEW.status IS NOT DISTINCT FROM OLD.status THEN
        RETURN NULL;
    END IF;

    IF TG_OP = 'UPDATE' AND NEW.slug <> OLD.slug THEN
        DELETE FROM functions.traffic t WHERE t.slug = OLD.slug;
        PERFORM functions.wasmforge_notice('function', OLD.slug, 'function:' || OLD.slug);
    END IF;
    PERFORM functions.wasmforge_notice('function', NEW.slug, 'function:' || NEW.slug);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION functions.wasmforge_traffic_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM functions.wasmforge_notice('function', OLD.slug, 'function:' || OLD.slug);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM functions.wasmforge_notice('function', NEW.slug, 'function:' || NEW.slug);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER wasmforge_traffic_changed AFTER INSERT OR UPDATE OR DELETE ON functions.traffic
    FOR EACH ROW EXECUTE FUNCTION functions.wasmforge_traffic_changed();
CREATE OR REPLACE TRIGGER wasmforge_traffic_truncated AFTER TRUNCATE ON functions.traffic
    FOR EACH STATEMENT EXECUTE FUNCTION functions.wasmforge_all_changed();

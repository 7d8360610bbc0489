-- Rows that call functions when they change. See docs/decisions/0023-queue.md.
CREATE TABLE IF NOT EXISTS functions.triggers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL UNIQUE,
    -- Follows the table when it is renamed. The names are those that it had last, for when it is gone.
    relation regclass NOT NULL,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    events text[] NOT NULL CHECK (cardinality(events) > 0 AND events <@ ARRAY['INSERT', 'UPDATE', 'DELETE']),
    columns text[],
    slug text NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    max_attempts integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Puts a row's change into the outbox, within the transaction that makes it. It must not fail where that can be helped:
-- what cannot be told as JSON becomes a dead job, what is too large is told by its primary key, and where the outbox is
-- gone nothing is told.
CREATE OR REPLACE FUNCTION functions.wasmforge_row_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET bytea_output = 'hex' AS $$
DECLARE
    -- What an event may weigh; the queue's own default for requests.
    most CONSTANT integer := 6 * 1024 * 1024;
    told record;
    id CONSTANT uuid := gen_random_uuid();
    new_row json;
    old_row json;
    identity json;
    key_columns text[];
    key_values text;
    is_partial boolean := false;
    body text;
    problem text;
BEGIN
    IF to_regclass('functions.jobs') IS NULL OR to_regclass('functions.triggers') IS NULL THEN
        RAISE WARNING 'the outbox of functions is gone: a change of %.% calls no function', TG_TABLE_SCHEMA, TG_TABLE_NAME;
        RETURN NULL;
    END IF;
    SELECT t.relation, t.columns, t.slug, t.max_attempts, n.nspname AS in_schema, c.relname AS of_table INTO told
        FROM functions.triggers t
            LEFT JOIN pg_class c ON c.oid = t.relation LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE t.id = TG_ARGV[0]::uuid AND t.is_active AND TG_OP = ANY (t.events);
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;

    SELECT array_agg(a.attname::text ORDER BY k.place) INTO key_columns
        FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (attnum, place)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = TG_RELID AND i.indisprimary;
    -- A type of somebody's own may have a cast to JSON that fails. Nothing is written in here, so the savepoint is cheap.
    BEGIN
        IF TG_OP <> 'DELETE' THEN
            new_row := row_to_json(NEW);
        END IF;
        IF TG_OP <> 'INSERT' THEN
            old_row := row_to_json(OLD);
        END IF;
        identity := coalesce(old_row, new_row);
        SELECT string_agg((identity -> c.name)::text, ',' ORDER BY c.place) INTO key_values
            FROM unnest(key_columns) WITH ORDINALITY AS c (name, place);
    EXCEPTION WHEN OTHERS THEN
        problem := 'the row cannot be told as JSON: ' || SQLERRM;
        new_row := NULL;
        old_row := NULL;
    END;
    IF TG_OP = 'UPDATE' AND told.columns IS NOT NULL AND problem IS NULL AND NOT EXISTS (
        SELECT FROM unnest(told.columns) AS c (name)
        WHERE (old_row -> c.name)::text IS DISTINCT FROM (new_row -> c.name)::text)
    THEN
        RETURN NULL;
    END IF;

    IF octet_length(new_row::text) + coalesce(octet_length(old_row::text), 0) > most
        OR octet_length(old_row::text) > most
    THEN
        is_partial := true;
        new_row := CASE WHEN new_row IS NULL THEN NULL ELSE
            (SELECT coalesce(json_object_agg(c.name, new_row -> c.name), '{}') FROM unnest(key_columns) AS c (name)) END;
        old_row := CASE WHEN old_row IS NULL THEN NULL ELSE
            (SELECT coalesce(json_object_agg(c.name, old_row -> c.name), '{}') FROM unnest(key_columns) AS c (name)) END;
    END IF;
    body := json_build_object('type', TG_OP, 'schema', coalesce(told.in_schema, TG_TABLE_SCHEMA),
        'table', coalesce(told.of_table, TG_TABLE_NAME), 'record', new_row, 'oldRecord', old_row,
        'occurredAt', to_char(clock_timestamp(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'key', id)::text;
    IF is_partial THEN
        body := left(body, -1) || ', "partial" : true}';
    END IF;
    INSERT INTO functions.jobs (id, source, slug, key, trigger_id, lane, max_attempts, method, target, headers, body,
            status, last_error, finished_at, expires_at)
        VALUES (id, 'trigger', told.slug, id::text, TG_ARGV[0]::uuid,
            CASE WHEN key_values IS NOT NULL THEN hashtextextended(TG_ARGV[0] || key_values, 0) END,
            told.max_attempts, 'POST', '/' || told.slug, '[["content-type", "application/json"]]',
            convert_to(body, 'UTF8'), CASE WHEN problem IS NULL THEN 'pending' ELSE 'dead' END, problem,
            CASE WHEN problem IS NOT NULL THEN clock_timestamp() END,
            CASE WHEN problem IS NOT NULL THEN clock_timestamp() + interval '14 days' END);
    PERFORM pg_notify('wasmforge_jobs', '');
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION functions.wasmforge_row_changed() FROM PUBLIC;

-- The function reads values of types whose casts to JSON anybody may have written, and these run as whoever owns it. So
-- it belongs to a role that may do nothing but this. Where roles may not be made it stays its maker's.
DO $$
BEGIN
    BEGIN
        CREATE ROLE wasmforge_outbox NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    GRANT USAGE ON SCHEMA functions TO wasmforge_outbox;
    GRANT SELECT ON functions.triggers TO wasmforge_outbox;
    GRANT INSERT ON functions.jobs TO wasmforge_outbox;
    GRANT USAGE ON SEQUENCE functions.job_order TO wasmforge_outbox;
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT wasmforge_outbox TO %I', current_user);
    END IF;
    GRANT CREATE ON SCHEMA functions TO wasmforge_outbox;
    ALTER FUNCTION functions.wasmforge_row_changed() OWNER TO wasmforge_outbox;
    REVOKE CREATE ON SCHEMA functions FROM wasmforge_outbox;
    EXECUTE format('GRANT EXECUTE ON FUNCTION functions.wasmforge_row_changed() TO %I', current_user);
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'the function that tells of changed rows keeps the rights of %', current_user;
END $$;

-- Puts a trigger on its table, or changes the one that is there.
CREATE OR REPLACE FUNCTION functions.wasmforge_install_trigger(of_id uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t functions.triggers;
BEGIN
    SELECT * INTO STRICT t FROM functions.triggers WHERE id = of_id;
    EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER %s ON %s FOR EACH ROW
        EXECUTE FUNCTION functions.wasmforge_row_changed(%L)',
        'wasmforge_' || replace(of_id::text, '-', ''), array_to_string(t.events, ' OR '), t.relation, of_id);
END $$;

CREATE OR REPLACE FUNCTION functions.wasmforge_remove_trigger(of_id uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    on_table regclass;
BEGIN
    SELECT c.oid INTO on_table FROM functions.triggers t JOIN pg_class c ON c.oid = t.relation WHERE t.id = of_id;
    IF FOUND THEN
        EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', 'wasmforge_' || replace(of_id::text, '-', ''), on_table);
    END IF;
    DELETE FROM functions.triggers WHERE id = of_id;
END $$;

-- What keeps a trigger from telling of changes, in words for whoever made it.
CREATE OR REPLACE FUNCTION functions.wasmforge_trigger_problem(t functions.triggers) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN c.oid IS NULL THEN format('the table %s.%s is gone', t.schema_name, t.table_name)
        WHEN g.oid IS NULL THEN 'the trigger was taken off the table; change anything of it to put it back'
        WHEN g.tgenabled = 'D' THEN 'the trigger is disabled on the table'
        WHEN gone.names IS NOT NULL THEN format('the table has no column %s', gone.names)
        WHEN NOT EXISTS (SELECT FROM functions.definitions d WHERE d.slug = t.slug AND d.status = 'active')
            THEN format('there is no active function %s', t.slug)
        ELSE (SELECT j.last_error FROM functions.jobs j
            WHERE j.trigger_id = t.id AND j.status IN ('retrying', 'dead') ORDER BY j.created_at DESC, j.id DESC LIMIT 1)
    END
    FROM (SELECT) always
        LEFT JOIN pg_class c ON c.oid = t.relation
        LEFT JOIN pg_trigger g ON g.tgrelid = c.oid AND g.tgname = 'wasmforge_' || replace(t.id::text, '-', '')
        LEFT JOIN LATERAL (SELECT string_agg(name, ', ') AS names FROM unnest(t.columns) AS w (name)
            WHERE NOT EXISTS (SELECT FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped)) gone ON true
$$;

REVOKE EXECUTE ON FUNCTION
    functions.wasmforge_install_trigger(uuid),
    functions.wasmforge_remove_trigger(uuid),
    functions.wasmforge_trigger_problem(functions.triggers)
    FROM PUBLIC;

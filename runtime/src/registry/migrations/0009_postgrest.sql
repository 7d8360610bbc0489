-- PostgREST keeps a picture of the schema. Beside InsForge's backend, that backend tells it when the picture is out of
-- date; in a database whose tables are ours nobody else would.

CREATE OR REPLACE FUNCTION system.reload_postgrest_schema() RETURNS void LANGUAGE sql AS $$
    SELECT pg_notify('pgrst', 'reload schema')
$$;

-- Temporary tables are their session's own business.
CREATE OR REPLACE FUNCTION system.note_schema_change() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_EVENT = 'sql_drop' THEN
        PERFORM pg_notify('pgrst', 'reload schema') FROM pg_event_trigger_dropped_objects() WHERE NOT is_temporary LIMIT 1;
    ELSE
        PERFORM pg_notify('pgrst', 'reload schema') FROM pg_event_trigger_ddl_commands()
            WHERE schema_name IS DISTINCT FROM 'pg_temp' LIMIT 1;
    END IF;
END $$;

-- Only a superuser makes event triggers. Without them, call system.reload_postgrest_schema() after a change.
DO $$
BEGIN
    DROP EVENT TRIGGER IF EXISTS wasmforge_schema_changed;
    DROP EVENT TRIGGER IF EXISTS wasmforge_schema_dropped;
    CREATE EVENT TRIGGER wasmforge_schema_changed ON ddl_command_end EXECUTE FUNCTION system.note_schema_change();
    CREATE EVENT TRIGGER wasmforge_schema_dropped ON sql_drop EXECUTE FUNCTION system.note_schema_change();
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$;

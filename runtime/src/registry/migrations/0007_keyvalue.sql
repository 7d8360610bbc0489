-- What functions keep under keys: wasi:keyvalue. No role of a guest's may read these tables; the registry's writes them.
CREATE TABLE IF NOT EXISTS functions.key_values (
    slug text NOT NULL,
    bucket text NOT NULL,
    key text COLLATE "C" NOT NULL,
    value bytea NOT NULL,
    -- The order in which keys are listed: it stays the same while other keys come and go.
    id bigint GENERATED ALWAYS AS IDENTITY,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (slug, bucket, key)
);
CREATE UNIQUE INDEX IF NOT EXISTS key_values_order ON functions.key_values (slug, bucket, id);

-- What the entries of each function weigh. Its row is locked by every write of the function, so that writes neither
-- exceed the capacity together nor wait for each other in a circle.
CREATE TABLE IF NOT EXISTS functions.key_value_usage (
    slug text PRIMARY KEY,
    bytes bigint NOT NULL
);

-- An entry weighs its key, its value, and what a row takes besides.
CREATE OR REPLACE FUNCTION functions.wasmforge_kv_weight(key text, value bytea) RETURNS bigint
    LANGUAGE sql IMMUTABLE AS $$
    SELECT octet_length(key)::bigint + octet_length(value) + 64
$$;

CREATE OR REPLACE FUNCTION functions.wasmforge_kv_lock(of_slug text) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    used bigint;
BEGIN
    INSERT INTO functions.key_value_usage (slug, bytes) VALUES (of_slug, 0) ON CONFLICT DO NOTHING;
    SELECT u.bytes INTO used FROM functions.key_value_usage u WHERE u.slug = of_slug FOR UPDATE;
    RETURN used;
END $$;

-- Sets different keys, all or none. Raises 53100 (disk_full) where they do not fit.
CREATE OR REPLACE FUNCTION functions.wasmforge_kv_set(
    of_slug text, of_bucket text, keys text[], contents bytea[], capacity bigint
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    used bigint := functions.wasmforge_kv_lock(of_slug);
    growth bigint;
BEGIN
    SELECT (SELECT coalesce(sum(functions.wasmforge_kv_weight(k, v)), 0) FROM unnest(keys, contents) AS e (k, v))
        - (SELECT coalesce(sum(functions.wasmforge_kv_weight(kv.key, kv.value)), 0) FROM functions.key_values kv
            WHERE kv.slug = of_slug AND kv.bucket = of_bucket AND kv.key = ANY (keys))
        INTO growth;
    IF growth > 0 AND used + growth > capacity THEN
        RAISE EXCEPTION 'the key-values of % would exceed % bytes', of_slug, capacity USING ERRCODE = '53100';
    END IF;
    INSERT INTO functions.key_values AS kv (slug, bucket, key, value)
        SELECT of_slug, of_bucket, k, v FROM unnest(keys, contents) AS e (k, v)
        ON CONFLICT ON CONSTRAINT key_values_pkey DO UPDATE SET value = EXCLUDED.value, updated_at = now();
    UPDATE functions.key_value_usage u SET bytes = used + growth WHERE u.slug = of_slug AND growth <> 0;
END $$;

CREATE OR REPLACE FUNCTION functions.wasmforge_kv_delete(of_slug text, of_bucket text, keys text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    used bigint := functions.wasmforge_kv_lock(of_slug);
    freed bigint;
BEGIN
    WITH gone AS (
        DELETE FROM functions.key_values kv
            WHERE kv.slug = of_slug AND kv.bucket = of_bucket AND kv.key = ANY (keys)
            RETURNING functions.wasmforge_kv_weight(kv.key, kv.value) AS weight
    )
    SELECT coalesce(sum(weight), 0) INTO freed FROM gone;
    UPDATE functions.key_value_usage u SET bytes = used - freed WHERE u.slug = of_slug AND freed <> 0;
END $$;

-- Adds to a decimal number; a key that is not there counts as 0. Raises 22003 (numeric_value_out_of_range) where the
-- value is no number of 64 bits, or the sum is none.
CREATE OR REPLACE FUNCTION functions.wasmforge_kv_increment(
    of_slug text, of_bucket text, of_key text, delta numeric, capacity bigint
) RETURNS numeric LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stored text;
    total numeric;
BEGIN
    PERFORM functions.wasmforge_kv_lock(of_slug);
    SELECT encode(kv.value, 'escape') INTO stored FROM functions.key_values kv
        WHERE kv.slug = of_slug AND kv.bucket = of_bucket AND kv.key = of_key;
    IF stored IS NULL THEN
        total := delta;
    ELSIF stored ~ '^[0-9]{1,20}$' THEN
        total := stored::numeric + delta;
    END IF;
    IF total IS NULL OR total > 18446744073709551615 THEN
        RAISE EXCEPTION 'no number of 64 bits' USING ERRCODE = '22003';
    END IF;
    PERFORM functions.wasmforge_kv_set(of_slug, of_bucket, ARRAY[of_key],
        ARRAY[convert_to(total::text, 'UTF8')], capacity);
    RETURN total;
END $$;

REVOKE EXECUTE ON FUNCTION
    functions.wasmforge_kv_lock(text),
    functions.wasmforge_kv_set(text, text, text[], bytea[], bigint),
    functions.wasmforge_kv_delete(text, text, text[]),
    functions.wasmforge_kv_increment(text, text, text, numeric, bigint)
    FROM PUBLIC;

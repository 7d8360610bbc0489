-- What pg_cron and InsForge's functions look like to whoever calls them: jobs are written down, and nothing fires them.
CREATE SCHEMA cron;
CREATE TABLE cron.job (jobid bigserial PRIMARY KEY, schedule text NOT NULL, command text NOT NULL);
CREATE FUNCTION cron.schedule(text, text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE made bigint;
BEGIN
    IF $1 LIKE '%L%' THEN
        RAISE EXCEPTION 'invalid schedule: %', $1;
    END IF;
    INSERT INTO cron.job (schedule, command) VALUES ($1, $2) RETURNING jobid INTO made;
    RETURN made;
END $$;
CREATE FUNCTION cron.unschedule(bigint) RETURNS boolean LANGUAGE sql AS 'DELETE FROM cron.job WHERE jobid = $1 RETURNING true';

CREATE FUNCTION schedules.encrypt_headers(jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN $1 <> '{}' THEN 'by insforge: ' || md5($1::text) END
$$;
CREATE FUNCTION schedules.upsert_job(
    p_id uuid, p_name text, p_cron text, p_method text, p_url text, p_template jsonb, p_resolved jsonb, p_body jsonb)
    RETURNS TABLE (cron_job_id bigint, success boolean, message text) LANGUAGE plpgsql AS $$
DECLARE made bigint;
BEGIN
    PERFORM cron.unschedule(j.cron_job_id) FROM schedules.jobs j WHERE j.id = p_id AND j.cron_job_id IS NOT NULL;
    made := cron.schedule(p_cron, format('SELECT schedules.execute_job(%L::uuid)', p_id));
    INSERT INTO schedules.jobs AS j (id, name, cron_schedule, function_url, http_method, encrypted_headers, headers, body,
        cron_job_id)
    VALUES (p_id, p_name, p_cron, p_url, p_method, schedules.encrypt_headers(p_resolved), p_template, p_body, made)
    ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, cron_schedule = EXCLUDED.cron_schedule,
        function_url = EXCLUDED.function_url, http_method = EXCLUDED.http_method, headers = EXCLUDED.headers,
        encrypted_headers = EXCLUDED.encrypted_headers, body = EXCLUDED.body, cron_job_id = EXCLUDED.cron_job_id,
        is_active = true;
    RETURN QUERY SELECT made, true, 'scheduled';
EXCEPTION WHEN OTHERS THEN
    RETURN QUERY SELECT NULL::bigint, false, SQLERRM;
END $$;
CREATE FUNCTION schedules.disable_job(p_id uuid) RETURNS TABLE (success boolean, message text) LANGUAGE plpgsql AS $$
DECLARE job bigint;
BEGIN
    SELECT cron_job_id INTO job FROM schedules.jobs WHERE id = p_id;
    IF job IS NULL THEN
        RETURN QUERY SELECT false, 'no job';
        RETURN;
    END IF;
    PERFORM cron.unschedule(job);
    UPDATE schedules.jobs SET cron_job_id = NULL, is_active = false WHERE id = p_id;
    RETURN QUERY SELECT true, 'disabled';
END $$;
CREATE FUNCTION schedules.enable_job(p_id uuid) RETURNS TABLE (success boolean, message text) LANGUAGE plpgsql AS $$
DECLARE job bigint;
BEGIN
    SELECT cron.schedule(cron_schedule, format('SELECT schedules.execute_job(%L::uuid)', id)) INTO job
        FROM schedules.jobs WHERE id = p_id;
    UPDATE schedules.jobs SET cron_job_id = job, is_active = true WHERE id = p_id;
    RETURN QUERY SELECT true, 'enabled';
END $$;
CREATE FUNCTION schedules.delete_job(p_id uuid) RETURNS TABLE (success boolean, message text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM cron.unschedule(cron_job_id) FROM schedules.jobs WHERE id = p_id;
    DELETE FROM schedules.jobs WHERE id = p_id;
    RETURN QUERY SELECT true, 'deleted';
END $$;

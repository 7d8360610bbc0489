-- One login role for guests' SQL. It may become the roles that it is a member of, and is nothing by itself: NOINHERIT.
-- What stands in braces is put in before this runs: names of ours, and hexadecimal digits.
DO $$
DECLARE
    stored record;
BEGIN
    BEGIN
        CREATE ROLE {role};
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    ALTER ROLE {role} LOGIN NOINHERIT PASSWORD '{password}';
    -- Nobody but a superuser may take these away, and nobody but one may have given them.
    IF EXISTS (SELECT FROM pg_roles
        WHERE rolname = '{role}' AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls))
    THEN
        ALTER ROLE {role} NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION NOBYPASSRLS;
    END IF;
    GRANT {members} TO {role};
    -- Whoever logs in as a role may store settings for it, which every later session would begin with.
    FOR stored IN SELECT d.datname FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase
        WHERE s.setrole = '{role}'::regrole
    LOOP
        IF stored.datname IS NULL THEN
            ALTER ROLE {role} RESET ALL;
        ELSE
            EXECUTE format('ALTER ROLE {role} IN DATABASE %I RESET ALL', stored.datname);
        END IF;
    END LOOP;
END $$;

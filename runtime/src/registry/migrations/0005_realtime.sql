-- Channels and messages, and the users behind tokens, as InsForge has them. Runs only on a database whose tables are
-- ours: where InsForge made them, its own migrations make these too.

CREATE TABLE IF NOT EXISTS auth.users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL UNIQUE,
    password text,
    email_verified boolean DEFAULT false,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    profile jsonb DEFAULT '{}',
    metadata jsonb DEFAULT '{}',
    is_project_admin boolean NOT NULL DEFAULT false,
    is_anonymous boolean NOT NULL DEFAULT false
);
CREATE OR REPLACE TRIGGER update_users_updated_at BEFORE UPDATE ON auth.users
    FOR EACH ROW EXECUTE FUNCTION system.update_updated_at();

CREATE SCHEMA IF NOT EXISTS realtime;
GRANT USAGE ON SCHEMA realtime TO anon, authenticated, project_admin;

CREATE TABLE IF NOT EXISTS realtime.channels (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    pattern text NOT NULL UNIQUE,
    description text,
    webhook_urls text[],
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE OR REPLACE TRIGGER update_channels_updated_at BEFORE UPDATE ON realtime.channels
    FOR EACH ROW EXECUTE FUNCTION system.update_updated_at();

CREATE TABLE IF NOT EXISTS realtime.messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_name text NOT NULL,
    channel_id uuid REFERENCES realtime.channels (id) ON DELETE SET NULL,
    channel_name text NOT NULL,
    payload jsonb NOT NULL DEFAULT '{}',
    sender_type text NOT NULL DEFAULT 'system' CHECK (sender_type IN ('system', 'user')),
    sender_id uuid,
    ws_audience_count integer NOT NULL DEFAULT 0,
    wh_audience_count integer NOT NULL DEFAULT 0,
    wh_delivered_count integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS idx_messages_channel ON realtime.messages (channel_id, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_messages_created_at ON realtime.messages (created_at DESC);

CREATE TABLE IF NOT EXISTS realtime.config (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    retention_days integer CHECK (retention_days IS NULL OR retention_days > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX IF NOT EXISTS realtime_config_singleton ON realtime.config ((1));

GRANT SELECT ON realtime.channels TO anon, authenticated;
GRANT INSERT ON realtime.messages TO anon, authenticated;
GRANT ALL ON realtime.channels, realtime.messages, realtime.config TO project_admin;

-- The channel that a policy is asked about.
CREATE OR REPLACE FUNCTION realtime.channel_name() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('realtime.channel_name', true), '')
$$;

-- Listeners are told of a message by its id: a notification holds 8000 bytes at most, a message more.
CREATE OR REPLACE FUNCTION realtime.notify_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('realtime_message', NEW.id::text);
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER trg_message_notify AFTER INSERT ON realtime.messages
    FOR EACH ROW EXECUTE FUNCTION realtime.notify_message();

-- Publishes on the channel of this name, or on one whose pattern fits it; NULL, with a warning, where there is none.
CREATE OR REPLACE FUNCTION realtime.publish(p_channel_name text, p_event_name text, p_payload jsonb) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    channel uuid;
    message uuid;
BEGIN
    SELECT id INTO channel FROM realtime.channels
        WHERE enabled AND (pattern = p_channel_name OR p_channel_name LIKE pattern)
        ORDER BY pattern = p_channel_name DESC, pattern LIMIT 1;
    IF channel IS NULL THEN
        RAISE WARNING 'no enabled realtime channel fits "%"', p_channel_name;
        RETURN NULL;
    END IF;
    INSERT INTO realtime.messages (event_name, channel_id, channel_name, payload, sender_type)
        VALUES (p_event_name, channel, p_channel_name, p_payload, 'system') RETURNING id INTO message;
    RETURN message;
END $$;
REVOKE ALL ON FUNCTION realtime.publish(text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION realtime.publish(text, text, jsonb) TO project_admin;

-- The tables of the bot platform that the functions `manage-bot` and `cleanup-logs` are for.
CREATE TABLE public.bot_instances (
    id serial PRIMARY KEY, owner_telegram_id bigint NOT NULL, bot_id bigint NOT NULL UNIQUE,
    bot_username varchar(255) NOT NULL, bot_name varchar(255), token_encrypted text NOT NULL,
    is_active boolean NOT NULL DEFAULT true, created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE TABLE public.verification_log (
    id serial PRIMARY KEY, user_id bigint NOT NULL, group_id bigint NOT NULL, channel_id bigint NOT NULL,
    bot_instance_id integer REFERENCES public.bot_instances (id) ON DELETE SET NULL, status varchar(20) NOT NULL,
    latency_ms integer, cached boolean NOT NULL DEFAULT false, error_type varchar(50),
    timestamp timestamptz NOT NULL DEFAULT now());
CREATE TABLE public.api_call_log (
    id serial PRIMARY KEY, bot_instance_id integer REFERENCES public.bot_instances (id) ON DELETE SET NULL,
    method varchar(50) NOT NULL, chat_id bigint, user_id bigint, success boolean NOT NULL DEFAULT true,
    latency_ms integer, error_type varchar(50), timestamp timestamptz NOT NULL DEFAULT now());
CREATE TABLE public.admin_logs (
    id serial PRIMARY KEY, timestamp timestamptz NOT NULL DEFAULT now(), level varchar(10) NOT NULL,
    logger varchar(100) NOT NULL, message text NOT NULL, module varchar(100), function varchar(100),
    line_no integer, path varchar(255));
CREATE TABLE public.admin_audit_log (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid, action varchar(50) NOT NULL,
    resource_type varchar(50) NOT NULL, resource_id varchar(100), old_value jsonb, new_value jsonb,
    ip_address varchar(45), user_agent text, created_at timestamptz NOT NULL DEFAULT now());
GRANT ALL ON ALL TABLES IN SCHEMA public TO project_admin;
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO project_admin;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.bot_instances TO anon, authenticated;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;

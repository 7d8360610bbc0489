-- What an invocation used of the platform's services, and what a log line is attributed to.
ALTER TABLE functions.invocations
    ADD COLUMN IF NOT EXISTS outbound_requests bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS ai_prompt_tokens bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS ai_completion_tokens bigint NOT NULL DEFAULT 0;

ALTER TABLE functions.logs
    ADD COLUMN IF NOT EXISTS version bigint,
    ADD COLUMN IF NOT EXISTS source text;
CREATE INDEX IF NOT EXISTS logs_invocation ON functions.logs (invocation_id);

-- The table of this example. Row-level security shows everybody their own entries, whoever asks and however.
CREATE TABLE entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner uuid NOT NULL DEFAULT auth.uid(),
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 1000),
    written_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_entries ON entries TO authenticated USING (owner = auth.uid()) WITH CHECK (owner = auth.uid());
GRANT SELECT, INSERT, DELETE ON entries TO authenticated;

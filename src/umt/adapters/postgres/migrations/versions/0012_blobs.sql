-- Large parts of exchanges with language models, and what those cost month by month.
-- Run as umt_owner.

CREATE TABLE umt.blob (
    workspace uuid NOT NULL,
    reference bytea NOT NULL,
    sealed    bytea NOT NULL,
    kept_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workspace, reference)
);
COMMENT ON TABLE  umt.blob IS 'Large texts that events name by their keyed hash, encrypted under their workspace''s key. Kept as long as the log.';
COMMENT ON COLUMN umt.blob.reference IS 'Keyed hash of workspace and text: equal texts of a workspace are kept once, and whoever changed one is found out.';

CREATE TABLE umt.model_spending (
    workspace uuid NOT NULL,
    month     date NOT NULL,
    amount    numeric NOT NULL,
    calls     bigint NOT NULL,
    unpriced  bigint NOT NULL,
    PRIMARY KEY (workspace, month)
);
COMMENT ON TABLE  umt.model_spending IS 'What calls to language models cost, written in the transaction that records them: the sum of agent_run.model_called.';
COMMENT ON COLUMN umt.model_spending.month IS 'First day of the calendar month in the workspace''s time zone, by the business''s clock.';
COMMENT ON COLUMN umt.model_spending.amount IS 'USD that the budget is charged with.';
COMMENT ON COLUMN umt.model_spending.unpriced IS 'Calls whose cost is not known.';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['blob', 'model_spending'] LOOP
        EXECUTE format('ALTER TABLE umt.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY owner ON umt.%I TO umt_owner USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY tenant ON umt.%I TO umt_app
                        USING (workspace = (SELECT umt.current_workspace()))
                        WITH CHECK (workspace = (SELECT umt.current_workspace()))', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT ON umt.blob TO umt_app;
GRANT SELECT, INSERT, UPDATE ON umt.model_spending TO umt_app;

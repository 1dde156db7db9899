-- What waits for an agent that is stopped, which agents are, and from where an agent begins.
-- Run as umt_owner.

CREATE TABLE umt.held_run (
    workspace uuid NOT NULL,
    run       uuid NOT NULL,
    agent     text COLLATE "C" NOT NULL,
    place     bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (workspace, run)
);
COMMENT ON TABLE umt.held_run IS 'Runs that wait until their agent works again, in the order of place; written with agent_run.run_held.';
CREATE INDEX held_run_agent ON umt.held_run (workspace, agent, place);

CREATE TABLE umt.agent_stop (
    workspace uuid NOT NULL,
    agent     text COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace, agent)
);
COMMENT ON TABLE umt.agent_stop IS 'Agents that are stopped (* for all of a workspace), for those who are at work already; written with agent_policy.agent_stopped.';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['held_run', 'agent_stop'] LOOP
        EXECUTE format('ALTER TABLE umt.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY owner ON umt.%I TO umt_owner USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY worker ON umt.%I TO umt_worker USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY tenant ON umt.%I TO umt_app
                        USING (workspace = (SELECT umt.current_workspace()))
                        WITH CHECK (workspace = (SELECT umt.current_workspace()))', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, DELETE ON umt.held_run, umt.agent_stop TO umt_app;
GRANT SELECT ON umt.held_run, umt.agent_stop TO umt_worker;

ALTER TABLE umt.agent_checkpoint ADD COLUMN shadow_until bigint, ADD COLUMN turn integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN umt.agent_checkpoint.shadow_until IS 'Up to this position the agent only says what it would do; null: it acts.';
COMMENT ON COLUMN umt.agent_checkpoint.turn IS 'How often the agent was put back to an earlier position.';

-- A worker that looks for its next job asks for each candidate whether another of its lock comes first. Procrastinate's own index
-- begins with the id, so that question went through every job there is.
CREATE INDEX procrastinate_jobs_of_lock ON jobs.procrastinate_jobs (lock) WHERE status IN ('todo', 'doing');

-- What the projection engine keeps beside its tables: generations with their checkpoints, and dead letters.
-- Run as umt_owner.

ALTER TABLE umt.projection_checkpoint RENAME TO projection_checkpoint_0001;
CREATE TABLE umt.projection_checkpoint (
    name        text COLLATE "C" NOT NULL,
    generation  integer NOT NULL CHECK (generation > 0),
    version     integer NOT NULL,
    state       text COLLATE "C" NOT NULL CHECK (state IN ('building', 'live', 'retired')),
    position    bigint NOT NULL DEFAULT 0,
    revision    bigint NOT NULL DEFAULT 0,
    worker      text COLLATE "C",
    beat_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    restarts    integer NOT NULL DEFAULT 0,
    failed_at   timestamptz,
    last_error  text,
    error_detail text,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (name, generation)
) WITH (fillfactor = 50);
COMMENT ON TABLE  umt.projection_checkpoint IS 'Each generation of a projection''s tables: every event up to its position is applied or parked.';
COMMENT ON COLUMN umt.projection_checkpoint.generation IS 'Number of the tables, which end in it: a rebuild makes the next one.';
COMMENT ON COLUMN umt.projection_checkpoint.version IS 'Version of the folds that fill it.';
COMMENT ON COLUMN umt.projection_checkpoint.state IS 'building: beside the live one; live: shown by read_v1; retired: about to be dropped.';
COMMENT ON COLUMN umt.projection_checkpoint.revision IS 'Counts what was done to its dead letters from outside, so that its worker looks again.';
COMMENT ON COLUMN umt.projection_checkpoint.worker IS 'Who last worked on it: host, process and connection.';
COMMENT ON COLUMN umt.projection_checkpoint.beat_at IS 'Its worker''s last sign of life.';
COMMENT ON COLUMN umt.projection_checkpoint.restarts IS 'How often its work failed and was begun again.';
COMMENT ON COLUMN umt.projection_checkpoint.failed_at IS 'When its work last failed.';
COMMENT ON COLUMN umt.projection_checkpoint.last_error IS 'The kind of that failure, without data.';
COMMENT ON COLUMN umt.projection_checkpoint.error_detail IS 'What it said in full; for operators.';
CREATE UNIQUE INDEX projection_live ON umt.projection_checkpoint (name) WHERE state = 'live';
CREATE UNIQUE INDEX projection_building ON umt.projection_checkpoint (name) WHERE state = 'building';

-- The tables of before know no times: they are dropped at the next start, which builds those of this program.
DO $$
DECLARE
    shown name;
BEGIN
    FOR shown IN SELECT viewname FROM pg_views WHERE schemaname = 'read_v1' LOOP
        EXECUTE format('DROP VIEW read_v1.%I', shown);
    END LOOP;
END $$;
INSERT INTO umt.projection_checkpoint (name, generation, version, state, position, beat_at)
    SELECT name, version, version, 'retired', position, beat_at FROM umt.projection_checkpoint_0001;
DROP TABLE umt.projection_checkpoint_0001;

CREATE TABLE umt.dead_letter (
    projection  text COLLATE "C" NOT NULL,
    generation  integer NOT NULL,
    position    bigint NOT NULL,
    workspace   uuid NOT NULL,
    key         uuid NOT NULL,
    stream      uuid NOT NULL,
    version     integer NOT NULL,
    type        text COLLATE "C" NOT NULL,
    error       text,
    attempts    integer NOT NULL DEFAULT 0,
    parked_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    discarded_at timestamptz,
    PRIMARY KEY (projection, generation, position),
    FOREIGN KEY (projection, generation) REFERENCES umt.projection_checkpoint ON DELETE CASCADE
);
COMMENT ON TABLE  umt.dead_letter IS 'Events that a projection could not apply, and those of the same sequencing key that wait behind them.';
COMMENT ON COLUMN umt.dead_letter.key IS 'Sequencing key: what must stay in order, the stream or the workspace.';
COMMENT ON COLUMN umt.dead_letter.error IS 'Why it could not be applied; null for one that waits behind another.';
COMMENT ON COLUMN umt.dead_letter.attempts IS 'How often it was tried.';
COMMENT ON COLUMN umt.dead_letter.discarded_at IS 'When somebody gave it up; it is not applied and no longer waited for.';
CREATE INDEX dead_letter_key ON umt.dead_letter (projection, generation, key, position);

CREATE TABLE umt.incomplete_row (
    projection  text COLLATE "C" NOT NULL,
    generation  integer NOT NULL,
    view        text COLLATE "C" NOT NULL,
    workspace   uuid NOT NULL,
    row_key     text[] COLLATE "C" NOT NULL,
    key         uuid NOT NULL,
    PRIMARY KEY (projection, generation, view, workspace, row_key, key),
    FOREIGN KEY (projection, generation) REFERENCES umt.projection_checkpoint ON DELETE CASCADE
);
COMMENT ON TABLE  umt.incomplete_row IS 'Rows of read models that parked events touch.';
COMMENT ON COLUMN umt.incomplete_row.row_key IS 'Leading part of the row''s key after the workspace, as text; empty: any row of the workspace may be touched.';
COMMENT ON COLUMN umt.incomplete_row.key IS 'The sequencing key whose events are parked.';
CREATE INDEX incomplete_row_view ON umt.incomplete_row (workspace, view);

-- Neither STRICT nor with settings of its own: so a query that uses it is planned as if it were written there.
CREATE FUNCTION umt.incomplete_rows(of_view text, of_workspace uuid, VARIADIC of_key text[] DEFAULT '{}')
RETURNS TABLE (row_key text[]) LANGUAGE sql STABLE SECURITY INVOKER
BEGIN ATOMIC
    SELECT i.row_key
    FROM umt.incomplete_row i
    JOIN umt.projection_checkpoint c ON (c.name, c.generation, c.state) = (i.projection, i.generation, 'live')
    WHERE (i.view, i.workspace) = (of_view, of_workspace)
      AND i.row_key[:cardinality(of_key)] = of_key[:cardinality(i.row_key)];
END;
COMMENT ON FUNCTION umt.incomplete_rows IS 'Marks of a view that touch rows whose key after the workspace begins so, whether or not there are such rows.';

CREATE FUNCTION umt.advance(
    of_name text, of_generation integer, of_revision bigint, before bigint, after bigint, by_worker text
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE umt.projection_checkpoint SET position = after, beat_at = clock_timestamp(), worker = by_worker
        WHERE (name, generation, revision, position) = (of_name, of_generation, of_revision, before)
          AND state <> 'retired';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the checkpoint of % is no longer at %, revision %', of_name, before, of_revision
            USING ERRCODE = 'UM010';
    END IF;
END $$;
COMMENT ON FUNCTION umt.advance IS 'Moves a checkpoint, first of all in the transaction of its batch, or refuses a worker whose turn is over.';

CREATE FUNCTION umt.waits_since(of_name text, of_generation integer) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.recorded_at FROM umt.projection_checkpoint c JOIN umt.event e ON e.position = c.position + 1
    WHERE (c.name, c.generation) = (of_name, of_generation)
$$;
COMMENT ON FUNCTION umt.waits_since IS 'When the first event that a generation has not applied was recorded; null if there is none.';

CREATE FUNCTION umt.dead_letter_counts() RETURNS TABLE (projection text, dead_letters bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT d.projection, count(*)
    FROM umt.dead_letter d
    JOIN umt.projection_checkpoint c ON (c.name, c.generation, c.state) = (d.projection, d.generation, 'live')
    WHERE d.discarded_at IS NULL
    GROUP BY d.projection
$$;
COMMENT ON FUNCTION umt.dead_letter_counts IS 'How many events of all workspaces wait as dead letters of each projection that has any.';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['dead_letter', 'incomplete_row'] LOOP
        EXECUTE format('ALTER TABLE umt.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY owner ON umt.%I TO umt_owner USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY worker ON umt.%I TO umt_worker USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY tenant ON umt.%I FOR SELECT TO umt_app
                        USING (workspace = (SELECT umt.current_workspace()))', name);
        EXECUTE format('CREATE POLICY data ON umt.%I FOR SELECT TO umt_data
                        USING (workspace IN (SELECT l.workspace FROM umt.data_login l WHERE l.login = current_user))', name);
    END LOOP;
END $$;

GRANT SELECT, UPDATE ON umt.projection_checkpoint TO umt_worker;
GRANT SELECT (name, generation, version, state, position, revision, worker, beat_at, restarts, failed_at, last_error, created_at)
    ON umt.projection_checkpoint TO umt_app, umt_data;
GRANT SELECT, INSERT, UPDATE, DELETE ON umt.dead_letter, umt.incomplete_row TO umt_worker;
GRANT SELECT ON umt.dead_letter, umt.incomplete_row TO umt_app, umt_data;
REVOKE ALL ON FUNCTION umt.advance, umt.waits_since, umt.incomplete_rows, umt.dead_letter_counts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION umt.incomplete_rows TO umt_app, umt_worker, umt_data;
GRANT EXECUTE ON FUNCTION umt.dead_letter_counts TO umt_app;
GRANT EXECUTE ON FUNCTION umt.advance TO umt_worker;
GRANT EXECUTE ON FUNCTION umt.waits_since, umt.head TO umt_app, umt_worker, umt_data;
GRANT EXECUTE ON FUNCTION umt.workspaces TO umt_worker;

CREATE VIEW read_v1.projection_status WITH (security_invoker = true) AS
    SELECT c.name AS projection, c.generation, c.version, c.position, h.head,
           greatest(h.head - c.position, 0) AS lag_events,
           coalesce(extract(epoch FROM clock_timestamp() - umt.waits_since(c.name, c.generation)), 0)::numeric(18, 3) AS lag_seconds,
           CASE WHEN c.beat_at < clock_timestamp() - interval '5 seconds' THEN 'silent'
                WHEN c.failed_at > c.beat_at THEN 'failing'
                WHEN c.state = 'building' THEN 'building'
                WHEN c.position < h.head THEN 'catching_up'
                ELSE 'current' END AS state,
           c.state = 'live' AS live,
           c.worker, c.beat_at, c.restarts, c.failed_at, c.last_error,
           (SELECT count(*) FROM umt.dead_letter d
             WHERE (d.projection, d.generation) = (c.name, c.generation) AND d.discarded_at IS NULL) AS dead_letters
    FROM umt.projection_checkpoint c, (SELECT umt.head() AS head) h
    WHERE c.state <> 'retired';
COMMENT ON VIEW read_v1.projection_status IS 'How far each projection has come, whether its worker lives, and what it could not apply.';
COMMENT ON COLUMN read_v1.projection_status.projection IS 'The projection.';
COMMENT ON COLUMN read_v1.projection_status.generation IS 'Number of its tables; a rebuild makes the next one.';
COMMENT ON COLUMN read_v1.projection_status.version IS 'Version of the folds that fill them.';
COMMENT ON COLUMN read_v1.projection_status.position IS 'Every event of the log up to here is applied or parked.';
COMMENT ON COLUMN read_v1.projection_status.head IS 'The newest position of the log.';
COMMENT ON COLUMN read_v1.projection_status.lag_events IS 'Events after the position.';
COMMENT ON COLUMN read_v1.projection_status.lag_seconds IS 'Age of the oldest event after the position, in seconds; 0 without one.';
COMMENT ON COLUMN read_v1.projection_status.state IS 'current, catching_up, building (beside the live tables), failing (its work fails and is begun again), or silent (no sign of life for 5 seconds).';
COMMENT ON COLUMN read_v1.projection_status.live IS 'Whether read_v1 shows these tables.';
COMMENT ON COLUMN read_v1.projection_status.worker IS 'Who last worked on it.';
COMMENT ON COLUMN read_v1.projection_status.beat_at IS 'Its worker''s last sign of life (UTC).';
COMMENT ON COLUMN read_v1.projection_status.restarts IS 'How often its work failed and was begun again.';
COMMENT ON COLUMN read_v1.projection_status.failed_at IS 'When its work last failed (UTC); null if never.';
COMMENT ON COLUMN read_v1.projection_status.last_error IS 'The kind of that failure.';
COMMENT ON COLUMN read_v1.projection_status.dead_letters IS 'Events of the reader''s workspaces that are parked.';
GRANT SELECT ON read_v1.projection_status TO umt_app, umt_worker, umt_data;

CREATE TABLE umt.published (
    name        text COLLATE "C" PRIMARY KEY,
    fingerprint bytea NOT NULL
);
COMMENT ON TABLE umt.published IS 'Digest of what a schema of views publishes, so that it is made anew only when that changed.';

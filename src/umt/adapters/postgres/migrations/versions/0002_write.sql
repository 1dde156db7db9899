-- What the write path needs beside the log of 0001.

ALTER TABLE umt.event ADD schema_version smallint NOT NULL DEFAULT 1 CHECK (schema_version > 0);
COMMENT ON COLUMN umt.event.schema_version IS 'Version of the type''s schema that the body was written by, as in the metadata.';

-- Looked at once a day, and always for a range of times: an index that costs an append next to nothing.
DROP INDEX umt.command_recorded_at;
CREATE INDEX command_recorded_at ON umt.command USING brin (recorded_at) WITH (pages_per_range = 16, autosummarize = on);

-- Names are freed and moved by the thing that holds them.
CREATE INDEX reservation_stream ON umt.reservation (stream, kind);

CREATE TABLE umt.snapshot (
    workspace   uuid NOT NULL,
    stream      uuid NOT NULL,
    fingerprint bytea NOT NULL,
    version     integer NOT NULL CHECK (version > 0),
    kind        text COLLATE "C" NOT NULL,
    state       bytea NOT NULL,
    taken_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, stream, fingerprint, version)
);
COMMENT ON TABLE  umt.snapshot IS 'States of long streams, so that reading them need not begin at the first event. A cache: any row may be deleted at any time.';
COMMENT ON COLUMN umt.snapshot.workspace IS 'The tenant.';
COMMENT ON COLUMN umt.snapshot.stream IS 'The aggregate whose state this is.';
COMMENT ON COLUMN umt.snapshot.fingerprint IS 'Hash of the domain''s sources and upcasters that made the state; those of another program are not read.';
COMMENT ON COLUMN umt.snapshot.version IS 'The last event that is in the state.';
COMMENT ON COLUMN umt.snapshot.kind IS 'The kind of aggregate, e.g. campaign.';
COMMENT ON COLUMN umt.snapshot.state IS 'JSON of the state; personal fields are ciphertext.';
COMMENT ON COLUMN umt.snapshot.taken_at IS 'When it was taken, by the database''s clock.';
CREATE INDEX snapshot_taken_at ON umt.snapshot (taken_at);

ALTER TABLE umt.snapshot ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON umt.snapshot TO umt_owner USING (true) WITH CHECK (true);
CREATE POLICY worker ON umt.snapshot TO umt_worker USING (true) WITH CHECK (true);
CREATE POLICY tenant ON umt.snapshot TO umt_app
    USING (workspace = (SELECT umt.current_workspace())) WITH CHECK (workspace = (SELECT umt.current_workspace()));
GRANT SELECT, INSERT, DELETE ON umt.snapshot TO umt_app;
GRANT SELECT, DELETE ON umt.snapshot TO umt_worker;

-- The append with everything that a light command needs, so that such a command is one statement.
DROP FUNCTION umt.append;
CREATE FUNCTION umt.append(
    workspaces uuid[], streams uuid[], versions integer[], types text[], schema_versions smallint[],
    metadata bytea[], bodies bytea[],
    read_workspaces uuid[], read_streams uuid[], read_versions integer[],
    command_workspaces uuid[], command_actors text[], command_ids text[], command_hashes bytea[],
    command_subjects uuid[], command_firsts integer[], command_counts integer[],
    name_workspaces uuid[], name_kinds text[], name_streams uuid[], name_keys text[],
    OUT base bigint, OUT appended_at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    bad record;
BEGIN
    -- One writer at a time; an advisory lock, since a table lock would collide with VACUUM.
    PERFORM pg_advisory_xact_lock(7311, 1);
    SELECT e.position, greatest(clock_timestamp(), e.recorded_at) INTO base, appended_at
        FROM umt.event e ORDER BY e.position DESC LIMIT 1;
    base := coalesce(base, 0);
    appended_at := coalesce(appended_at, clock_timestamp());

    IF cardinality(read_streams) > 0 THEN
        SELECT r.stream, r.version INTO bad
        FROM unnest(read_streams, read_versions, read_workspaces) AS r (stream, version, workspace)
        WHERE EXISTS (SELECT FROM umt.event p
                      WHERE p.stream = r.stream AND p.version = r.version + 1 AND p.workspace = r.workspace) LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'stream % is past version %, which was read', bad.stream, bad.version USING ERRCODE = 'UM002';
        END IF;
    END IF;

    -- The commands come first: one that was accepted before is known by its key, not by the versions it would take.
    IF cardinality(command_ids) = 1 THEN
        INSERT INTO umt.command VALUES (
            command_workspaces[1], command_actors[1], command_ids[1], command_hashes[1], command_subjects[1],
            base + command_firsts[1] + 1, base + command_firsts[1] + command_counts[1], appended_at);
    ELSIF cardinality(command_ids) > 1 THEN
        INSERT INTO umt.command
            SELECT c.workspace, c.actor, c.id, c.hash, c.subject, base + c.first + 1, base + c.first + c.count, appended_at
            FROM unnest(command_workspaces, command_actors, command_ids, command_hashes, command_subjects,
                        command_firsts, command_counts) AS c (workspace, actor, id, hash, subject, first, count);
    END IF;

    IF cardinality(streams) = 1 THEN
        IF versions[1] > 1 AND workspaces[1] IS DISTINCT FROM (
            SELECT p.workspace FROM umt.event p WHERE p.stream = streams[1] AND p.version = versions[1] - 1) THEN
            RAISE EXCEPTION 'stream % cannot be continued at version % from this workspace', streams[1], versions[1]
                USING ERRCODE = 'UM001';
        END IF;
        INSERT INTO umt.event (position, stream, version, workspace, type, recorded_at, metadata, body, schema_version)
            VALUES (base + 1, streams[1], versions[1], workspaces[1], types[1], appended_at, metadata[1], bodies[1],
                    schema_versions[1]);
    ELSIF cardinality(streams) > 1 THEN
        -- Each event follows its stream's previous one, in this batch or else in the log, in the same workspace.
        SELECT n.stream, n.version INTO bad FROM (
            SELECT u.stream, u.version, u.workspace, lag(u.version) OVER earlier AS last, lag(u.workspace) OVER earlier AS owner
            FROM unnest(streams, versions, workspaces) WITH ORDINALITY AS u (stream, version, workspace, ordinal)
            WINDOW earlier AS (PARTITION BY u.stream ORDER BY u.ordinal)
        ) n
        WHERE CASE
            WHEN n.last IS NOT NULL THEN n.version <> n.last + 1 OR n.workspace <> n.owner
            WHEN n.version > 1 THEN n.workspace IS DISTINCT FROM (
                SELECT p.workspace FROM umt.event p WHERE p.stream = n.stream AND p.version = n.version - 1)
        END LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'stream % cannot be continued at version % from this workspace', bad.stream, bad.version
                USING ERRCODE = 'UM001';
        END IF;
        INSERT INTO umt.event (position, stream, version, workspace, type, recorded_at, metadata, body, schema_version)
            SELECT base + n.ordinal, n.stream, n.version, n.workspace, n.type, appended_at, n.metadata, n.body, n.schema
            FROM unnest(streams, versions, workspaces, types, metadata, bodies, schema_versions)
                WITH ORDINALITY AS n (stream, version, workspace, type, metadata, body, schema, ordinal);
    END IF;

    -- The names that each stream holds from now on; no key frees what it held.
    IF cardinality(name_streams) = 1 THEN
        DELETE FROM umt.reservation r
            WHERE r.stream = name_streams[1] AND r.kind = name_kinds[1] AND r.workspace = name_workspaces[1];
        IF name_keys[1] IS NOT NULL THEN
            INSERT INTO umt.reservation VALUES (name_workspaces[1], name_kinds[1], name_keys[1], name_streams[1]);
        END IF;
    ELSIF cardinality(name_streams) > 1 THEN
        DELETE FROM umt.reservation r USING unnest(name_workspaces, name_kinds, name_streams) AS n (workspace, kind, stream)
            WHERE r.stream = n.stream AND r.kind = n.kind AND r.workspace = n.workspace;
        INSERT INTO umt.reservation
            SELECT n.workspace, n.kind, n.key, n.stream
            FROM unnest(name_workspaces, name_kinds, name_keys, name_streams) AS n (workspace, kind, key, stream)
            WHERE n.key IS NOT NULL;
    END IF;

    IF cardinality(streams) > 0 THEN
        PERFORM pg_notify('umt_log', (base + cardinality(streams))::text);
    END IF;
END $$;
COMMENT ON FUNCTION umt.append IS
    'The only way into the log. Gives gapless positions and one recorded_at under an advisory lock; refuses a stream of another workspace or a gap (UM001), a stream that moved since it was read (UM002) and, by unique keys, a version, a command or a name that is taken. Writes the commands'' results and the names that streams hold.';
REVOKE ALL ON FUNCTION umt.append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION umt.append TO umt_app;

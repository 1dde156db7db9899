-- The last gaps between tenants: jobs, the append, what the application can list.
-- Run as umt_owner.

-- The append, now only for workspaces that the transaction is bound to.
CREATE OR REPLACE FUNCTION umt.append(
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
    bound uuid[] := array_append(string_to_array(NULLIF(current_setting('umt.appending', true), ''), ',')::uuid[], umt.current_workspace());
BEGIN
    -- A group of commands is of several workspaces, each of which its writer names; of any other nothing is written.
    IF NOT coalesce(array_remove(workspaces || read_workspaces || command_workspaces || name_workspaces, NULL) <@ bound, false) THEN
        RAISE EXCEPTION 'the transaction is bound to no workspace, or not to all that it writes for' USING ERRCODE = 'UM003';
    END IF;

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
    'The only way into the log. Gives gapless positions and one recorded_at under an advisory lock; refuses workspaces that the transaction is not bound to (umt.workspace, or the list umt.appending; UM003), a stream of another workspace or a gap (UM001), a stream that moved since it was read (UM002) and, by unique keys, a version, a command or a name that is taken. Writes the commands'' results and the names that streams hold.';

-- Callers' idempotency keys are kept as keyed hashes from now on. Those of before lie here as they were given, and would
-- never be found again.
DELETE FROM umt.command;

-- An account is made while a person registers or joins, never outside of a workspace.
DROP POLICY registration ON umt.account;
CREATE POLICY registration ON umt.account FOR INSERT TO umt_app
    WITH CHECK ((SELECT umt.current_workspace()) IS NOT NULL);

-- Nobody lists workspaces.
DROP FUNCTION umt.workspaces;

-- Jobs: the application puts in those of its own workspace and sees no other; workers do them.
REVOKE ALL ON ALL TABLES IN SCHEMA jobs FROM umt_app;
GRANT SELECT, INSERT ON jobs.procrastinate_jobs TO umt_app;
GRANT INSERT ON jobs.procrastinate_events TO umt_app;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['procrastinate_jobs', 'procrastinate_events', 'procrastinate_periodic_defers', 'procrastinate_workers'] LOOP
        EXECUTE format('ALTER TABLE jobs.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY owner ON jobs.%I TO umt_owner USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY worker ON jobs.%I TO umt_worker USING (true) WITH CHECK (true)', name);
    END LOOP;
END $$;
CREATE POLICY tenant ON jobs.procrastinate_jobs TO umt_app
    USING ((args -> 'context' ->> 'workspace')::uuid = (SELECT umt.current_workspace()))
    WITH CHECK ((args -> 'context' ->> 'workspace')::uuid = (SELECT umt.current_workspace()));
CREATE POLICY tenant ON jobs.procrastinate_events FOR INSERT TO umt_app
    WITH CHECK (EXISTS (SELECT FROM jobs.procrastinate_jobs job WHERE job.id = job_id));

-- The log, what is written with it in one transaction, and who may do what.
-- Run as umt_owner. Application roles read under row security and write the log only through umt.append().

GRANT USAGE ON SCHEMA umt TO umt_app, umt_worker;

CREATE TABLE umt.event (
    position    bigint PRIMARY KEY,
    stream      uuid NOT NULL,
    version     integer NOT NULL CHECK (version > 0),
    workspace   uuid NOT NULL,
    type        text COLLATE "C" NOT NULL CHECK (type <> ''),
    recorded_at timestamptz NOT NULL,
    metadata    bytea NOT NULL,
    body        bytea NOT NULL,
    UNIQUE (stream, version)
);
COMMENT ON TABLE  umt.event IS 'The log: every domain event, in one global order, never changed.';
COMMENT ON COLUMN umt.event.position IS 'Place in the global order: gapless, from 1.';
COMMENT ON COLUMN umt.event.stream IS 'The aggregate whose event this is.';
COMMENT ON COLUMN umt.event.version IS 'Place in the stream: gapless, from 1.';
COMMENT ON COLUMN umt.event.workspace IS 'The tenant.';
COMMENT ON COLUMN umt.event.type IS 'Published name, e.g. campaign.launched; its schema is in schemas/events.';
COMMENT ON COLUMN umt.event.recorded_at IS 'The database''s clock at the append, never before the predecessor''s.';
COMMENT ON COLUMN umt.event.metadata IS 'Canonical JSON (RFC 8785): ids, actor, cause, trace, effective time, schema version, salt.';
COMMENT ON COLUMN umt.event.body IS 'Canonical JSON (RFC 8785) of the event as it was written; personal fields are ciphertext.';

CREATE TABLE umt.command (
    workspace      uuid NOT NULL,
    actor          text COLLATE "C" NOT NULL,
    command_id     text COLLATE "C" NOT NULL,
    request_hash   bytea NOT NULL,
    subject        uuid,
    first_position bigint NOT NULL,
    last_position  bigint NOT NULL CHECK (last_position >= first_position - 1),
    recorded_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace, actor, command_id)
);
COMMENT ON TABLE umt.command IS 'Accepted commands by idempotency key: the same key gives the same result. Kept 30 days.';
CREATE INDEX command_recorded_at ON umt.command (recorded_at);

CREATE TABLE umt.reservation (
    workspace uuid NOT NULL,
    kind      text COLLATE "C" NOT NULL,
    key       text COLLATE "C" NOT NULL,
    stream    uuid NOT NULL,
    PRIMARY KEY (workspace, kind, key)
);
COMMENT ON TABLE umt.reservation IS 'Names that are unique in a workspace, written with the events that take and free them.';

CREATE TABLE umt.performance_latest (
    workspace   uuid NOT NULL,
    campaign    uuid NOT NULL,
    platform    text COLLATE "C" NOT NULL,
    day         date NOT NULL,
    ad          text COLLATE "C" NOT NULL,
    currency    text COLLATE "C" NOT NULL,
    reported_at timestamptz NOT NULL,
    impressions bigint NOT NULL,
    clicks      bigint NOT NULL,
    conversions bigint NOT NULL,
    leads       bigint NOT NULL,
    spend       numeric NOT NULL,
    revenue     numeric NOT NULL,
    PRIMARY KEY (workspace, campaign, platform, day, ad)
);
COMMENT ON TABLE umt.performance_latest IS
    'The latest figures of each ad and day, written with the events, so that a report is known as new, equal or restated. Day -infinity: the ad''s whole life.';

CREATE TABLE umt.subject_key (
    subject   uuid PRIMARY KEY,
    workspace uuid NOT NULL,
    sealed    bytea NOT NULL
);
COMMENT ON TABLE umt.subject_key IS 'Each person''s data key, wrapped by the master key. Destroying a row erases the person.';

CREATE TABLE umt.secret (
    workspace uuid NOT NULL,
    name      text COLLATE "C" NOT NULL,
    sealed    bytea NOT NULL,
    PRIMARY KEY (workspace, name)
);
COMMENT ON TABLE umt.secret IS 'Credentials of outside platforms, encrypted under the master key.';

CREATE TABLE umt.master_key (
    id          boolean PRIMARY KEY DEFAULT true CHECK (id),
    fingerprint bytea NOT NULL
);
COMMENT ON TABLE umt.master_key IS 'A keyed hash that only the master key of this database gives, so that no other one is used.';

CREATE TABLE umt.account (
    user_id       uuid PRIMARY KEY,
    email_index   bytea NOT NULL UNIQUE,
    password_hash text NOT NULL
);
COMMENT ON TABLE umt.account IS 'How a user signs in: keyed hash of the address, argon2id hash of the password.';

CREATE TABLE umt.membership (
    workspace uuid NOT NULL,
    user_id   uuid NOT NULL,
    role      text COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace, user_id)
);
COMMENT ON TABLE umt.membership IS 'Who may work where, written with the membership events.';

CREATE TABLE umt.token (
    hash       bytea PRIMARY KEY,
    user_id    uuid NOT NULL,
    workspace  uuid NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE umt.token IS 'Bearer tokens by SHA-256.';

CREATE TABLE umt.agent_checkpoint (
    agent     text COLLATE "C" PRIMARY KEY,
    position  bigint NOT NULL,
    beat_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE umt.agent_checkpoint IS 'How far each agent has read the log, moved in the transaction of its reaction.';

CREATE TABLE umt.timer (
    id        uuid PRIMARY KEY,
    workspace uuid NOT NULL,
    agent     text COLLATE "C" NOT NULL,
    name      text COLLATE "C" NOT NULL,
    subject   uuid NOT NULL,
    due_at    timestamptz NOT NULL,
    fired     boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE umt.timer IS 'What agents asked to be reminded of, due by the clock port.';
CREATE INDEX timer_due ON umt.timer (due_at) WHERE NOT fired;

CREATE TABLE umt.projection_checkpoint (
    name     text COLLATE "C" NOT NULL,
    version  integer NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    beat_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, version)
);
COMMENT ON TABLE umt.projection_checkpoint IS 'Every event up to the position is in the projection''s tables.';

CREATE TABLE umt.data_login (
    login     name NOT NULL,
    workspace uuid NOT NULL,
    PRIMARY KEY (login, workspace)
);
COMMENT ON TABLE umt.data_login IS 'Which workspace a data team''s login reads; bound by current_user and by no setting.';

CREATE FUNCTION umt.current_workspace() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('umt.workspace', true), '')::uuid;

CREATE FUNCTION umt.append(
    workspaces uuid[], streams uuid[], versions integer[], types text[], metadata bytea[], bodies bytea[],
    command_workspaces uuid[], command_actors text[], command_ids text[], command_hashes bytea[],
    command_subjects uuid[], command_firsts integer[], command_counts integer[]
) RETURNS TABLE (base bigint, appended_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    bad record;
BEGIN
    -- One writer at a time; an advisory lock, since a table lock would collide with VACUUM.
    PERFORM pg_advisory_xact_lock(7311, 1);
    SELECT e.position, greatest(clock_timestamp(), e.recorded_at) INTO base, appended_at
        FROM umt.event e ORDER BY e.position DESC LIMIT 1;
    base := coalesce(base, 0);
    appended_at := coalesce(appended_at, clock_timestamp());

    SELECT g.* INTO bad FROM (
        SELECT n.stream, min(n.version) AS first, min(n.workspace::text)::uuid AS workspace,
               count(DISTINCT n.workspace) = 1
                   AND array_agg(n.version ORDER BY n.ordinal)
                       = ARRAY(SELECT generate_series(min(n.version), min(n.version) + count(n.version)::integer - 1)) AS whole
        FROM unnest(streams, versions, workspaces) WITH ORDINALITY AS n (stream, version, workspace, ordinal)
        GROUP BY n.stream
    ) g LEFT JOIN umt.event p ON p.stream = g.stream AND p.version = g.first - 1
    WHERE NOT g.whole OR (g.first > 1 AND p.workspace IS DISTINCT FROM g.workspace) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'stream % cannot be continued at version % from this workspace', bad.stream, bad.first
            USING ERRCODE = 'UM001';
    END IF;

    INSERT INTO umt.event (position, stream, version, workspace, type, recorded_at, metadata, body)
        SELECT base + n.ordinal, n.stream, n.version, n.workspace, n.type, appended_at, n.metadata, n.body
        FROM unnest(streams, versions, workspaces, types, metadata, bodies)
            WITH ORDINALITY AS n (stream, version, workspace, type, metadata, body, ordinal);

    INSERT INTO umt.command
        SELECT c.workspace, c.actor, c.id, c.hash, c.subject, base + c.first + 1, base + c.first + c.count, appended_at
        FROM unnest(command_workspaces, command_actors, command_ids, command_hashes, command_subjects,
                    command_firsts, command_counts) AS c (workspace, actor, id, hash, subject, first, count);

    IF cardinality(streams) > 0 THEN
        PERFORM pg_notify('umt_log', (base + cardinality(streams))::text);
    END IF;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION umt.append IS
    'The only way into the log. Gives gapless positions and one recorded_at under an advisory lock; refuses a stream of another workspace, a gap and, by the unique key, a version that is taken.';

CREATE FUNCTION umt.head() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(max(position), 0) FROM umt.event
$$;
COMMENT ON FUNCTION umt.head IS 'The newest position of the log; 0 while it is empty.';

CREATE FUNCTION umt.workspaces() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT workspace FROM umt.event ORDER BY workspace
$$;
COMMENT ON FUNCTION umt.workspaces IS 'Every workspace that has an event; for the operator''s self-checks.';

CREATE FUNCTION umt.authenticate(token_hash bytea)
RETURNS TABLE (user_id uuid, workspace uuid, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.user_id, t.workspace, m.role
    FROM umt.token t JOIN umt.membership m ON (m.workspace, m.user_id) = (t.workspace, t.user_id)
    WHERE t.hash = token_hash AND t.expires_at > now()
$$;
COMMENT ON FUNCTION umt.authenticate IS 'Whose token this is, before any workspace is known.';

CREATE FUNCTION umt.sign_in(address_index bytea)
RETURNS TABLE (user_id uuid, password_hash text, workspace uuid, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.user_id, a.password_hash, m.workspace, m.role
    FROM umt.account a JOIN umt.membership m USING (user_id)
    WHERE a.email_index = address_index ORDER BY m.workspace
$$;
COMMENT ON FUNCTION umt.sign_in IS 'The account of an address and where it is a member.';

-- Row security: the workspace leads; the owner's policies serve the functions above and migrations.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['event', 'command', 'reservation', 'performance_latest', 'subject_key', 'secret',
                                'membership', 'token', 'timer'] LOOP
        EXECUTE format('ALTER TABLE umt.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY owner ON umt.%I TO umt_owner USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY worker ON umt.%I TO umt_worker USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY tenant ON umt.%I TO umt_app
                        USING (workspace = (SELECT umt.current_workspace()))
                        WITH CHECK (workspace = (SELECT umt.current_workspace()))', name);
    END LOOP;
    ALTER TABLE umt.account ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON umt.account TO umt_owner USING (true) WITH CHECK (true);
    CREATE POLICY registration ON umt.account FOR INSERT TO umt_app WITH CHECK (true);
END $$;

GRANT SELECT ON umt.event TO umt_app, umt_worker;
GRANT SELECT ON umt.command TO umt_app;
GRANT SELECT, DELETE ON umt.command, umt.token TO umt_worker;
GRANT SELECT, INSERT, DELETE ON umt.reservation TO umt_app;
GRANT SELECT, INSERT, UPDATE ON umt.performance_latest TO umt_app;
GRANT SELECT ON umt.reservation, umt.performance_latest TO umt_worker;
GRANT SELECT, INSERT ON umt.subject_key TO umt_app;
GRANT SELECT ON umt.subject_key TO umt_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON umt.secret TO umt_app;
GRANT INSERT ON umt.account TO umt_app;
GRANT SELECT, INSERT ON umt.master_key TO umt_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON umt.membership TO umt_app;
GRANT INSERT ON umt.token TO umt_app;
GRANT SELECT, INSERT, UPDATE ON umt.agent_checkpoint TO umt_app, umt_worker;
GRANT SELECT, INSERT, UPDATE ON umt.timer TO umt_app;
GRANT SELECT ON umt.timer TO umt_worker;
GRANT SELECT ON umt.projection_checkpoint TO umt_app;
GRANT SELECT, INSERT, UPDATE ON umt.projection_checkpoint TO umt_worker;
REVOKE ALL ON FUNCTION umt.append, umt.authenticate, umt.sign_in, umt.head, umt.workspaces FROM PUBLIC;
GRANT EXECUTE ON FUNCTION umt.append, umt.authenticate, umt.sign_in, umt.head, umt.workspaces TO umt_app;

CREATE SCHEMA projection;
COMMENT ON SCHEMA projection IS 'Versioned tables of the read models; read them through read_v1.';
CREATE SCHEMA read_v1;
COMMENT ON SCHEMA read_v1 IS 'The read models as published: columns are only ever appended.';
GRANT USAGE ON SCHEMA projection, read_v1 TO umt_app, umt_worker, umt_data;
GRANT USAGE ON SCHEMA umt TO umt_data;
GRANT SELECT ON umt.data_login, umt.projection_checkpoint TO umt_data;
ALTER TABLE umt.data_login ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON umt.data_login TO umt_owner USING (true) WITH CHECK (true);
CREATE POLICY own ON umt.data_login FOR SELECT TO umt_data USING (login = current_user);

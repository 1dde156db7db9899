-- How people and programs sign in: accounts and members, sessions, API keys, invitations.
-- Run as umt_owner.

ALTER TABLE umt.account RENAME COLUMN user_id TO id;
COMMENT ON TABLE umt.account IS 'How a person signs in: keyed hash of the address, hash of the password (argon2id; of imported people bcrypt until they first sign in). It belongs to no workspace.';

ALTER TABLE umt.membership ADD account uuid;
UPDATE umt.membership SET account = user_id;
CREATE INDEX membership_account ON umt.membership (account);
CREATE UNIQUE INDEX membership_of_account ON umt.membership (workspace, account);
COMMENT ON TABLE umt.membership IS 'Who may work where, written with the membership events. A person is a user of their own in each workspace; the account ties them together and is null for a service account.';

CREATE TABLE umt.session (
    id         uuid PRIMARY KEY,
    account    uuid NOT NULL,
    workspace  uuid NOT NULL,
    user_id    uuid NOT NULL,
    client     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz,
    ended_by   text
);
CREATE INDEX session_of_user ON umt.session (workspace, user_id);
CREATE INDEX session_of_account ON umt.session (account) WHERE ended_at IS NULL;
COMMENT ON TABLE  umt.session IS 'Where a person is signed in: one row from signing in to the end, whatever tokens it takes.';
COMMENT ON COLUMN umt.session.client IS 'What the client calls itself (User-Agent, cut), for the person to tell the sessions apart.';
COMMENT ON COLUMN umt.session.used_at IS 'When it last got a token.';
COMMENT ON COLUMN umt.session.expires_at IS 'After this its refresh token is refused.';
COMMENT ON COLUMN umt.session.ended_by IS 'Why it ended before: logout, logout_everywhere, password_changed, token_reused, removed or erased.';

CREATE TABLE umt.refresh_token (
    hash       bytea PRIMARY KEY,
    session    uuid NOT NULL REFERENCES umt.session ON DELETE CASCADE,
    workspace  uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at    timestamptz
);
CREATE INDEX refresh_token_session ON umt.refresh_token (session);
COMMENT ON TABLE umt.refresh_token IS 'Refresh tokens by SHA-256; each can be used once, and using it again ends the session.';

CREATE TABLE umt.api_key (
    id         uuid PRIMARY KEY,
    workspace  uuid NOT NULL,
    holder     uuid NOT NULL,
    made_by    uuid,
    hash       bytea NOT NULL UNIQUE,
    scopes     text[] NOT NULL,
    expires_at timestamptz,
    used_at    timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_key_holder ON umt.api_key (workspace, holder);
CREATE INDEX api_key_maker ON umt.api_key (workspace, made_by);
COMMENT ON TABLE  umt.api_key IS 'API keys by SHA-256; written with their events. One that is not revoked may what its holder may, cut to its scopes. It stays until its holder or maker is erased, to tell what was theirs.';
COMMENT ON COLUMN umt.api_key.made_by IS 'The member who made it and answers for what it does; not the holder if that is a service account.';
COMMENT ON COLUMN umt.api_key.used_at IS 'When its last use was noted; at most once a minute.';
COMMENT ON COLUMN umt.api_key.revoked_at IS 'Since when it opens nothing any more.';

CREATE TABLE umt.invitation (
    id          uuid PRIMARY KEY,
    workspace   uuid NOT NULL,
    email_index bytea NOT NULL,
    token_hash  bytea NOT NULL UNIQUE,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX invitation_email ON umt.invitation (workspace, email_index);
COMMENT ON TABLE  umt.invitation IS 'Invitations, by SHA-256 of the token that was given to the invited person; their streams say which are still open.';
COMMENT ON COLUMN umt.invitation.email_index IS 'Keyed hash of the invited address.';

CREATE TABLE umt.sign_in_attempt (
    subject       bytea PRIMARY KEY,
    failures      integer NOT NULL,
    last_at       timestamptz NOT NULL DEFAULT now(),
    blocked_until timestamptz
);
COMMENT ON TABLE  umt.sign_in_attempt IS 'Wrong passwords in a row, whether or not there is such an account.';
COMMENT ON COLUMN umt.sign_in_attempt.subject IS 'Keyed hash of what is slowed down: an address together with where the attempts come from.';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['session', 'refresh_token', 'api_key', 'invitation'] LOOP
        EXECUTE format('ALTER TABLE umt.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY owner ON umt.%I TO umt_owner USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY worker ON umt.%I TO umt_worker USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY tenant ON umt.%I TO umt_app
                        USING (workspace = (SELECT umt.current_workspace()))
                        WITH CHECK (workspace = (SELECT umt.current_workspace()))', name);
    END LOOP;
    ALTER TABLE umt.sign_in_attempt ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON umt.sign_in_attempt TO umt_owner USING (true) WITH CHECK (true);
    CREATE POLICY worker ON umt.sign_in_attempt TO umt_worker USING (true) WITH CHECK (true);
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON umt.session, umt.api_key, umt.invitation TO umt_app;
GRANT SELECT, INSERT, UPDATE ON umt.refresh_token TO umt_app;
GRANT SELECT, DELETE ON umt.session, umt.refresh_token, umt.api_key, umt.invitation, umt.sign_in_attempt TO umt_worker;

-- Signing in: the account of an address and where it is a member, before any workspace is known.
DROP FUNCTION umt.sign_in(bytea);
CREATE FUNCTION umt.sign_in(address_index bytea)
RETURNS TABLE (account uuid, password_hash text, workspace uuid, user_id uuid, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.id, a.password_hash, m.workspace, m.user_id, m.role
    FROM umt.account a JOIN umt.membership m ON m.account = a.id
    WHERE a.email_index = address_index ORDER BY m.workspace
$$;
COMMENT ON FUNCTION umt.sign_in IS 'The account of an address and where it is a member, before a workspace is known; asked by the keyed hash of the address.';
REVOKE ALL ON FUNCTION umt.sign_in FROM PUBLIC;
GRANT EXECUTE ON FUNCTION umt.sign_in TO umt_app;

-- Sessions (below: what application/identity needs of them).
DROP FUNCTION umt.authenticate(bytea);
DROP TABLE umt.token;

CREATE TABLE umt.sign_in_place (
    account uuid NOT NULL REFERENCES umt.account ON DELETE CASCADE,
    place   bytea NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, place)
);
COMMENT ON TABLE  umt.sign_in_place IS 'Where an account was signed in to from, so that strangers'' guesses do not slow its owner down.';
COMMENT ON COLUMN umt.sign_in_place.place IS 'Keyed hash of the client''s address, of IPv6 its /64.';
ALTER TABLE umt.sign_in_place ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON umt.sign_in_place TO umt_owner USING (true) WITH CHECK (true);
CREATE POLICY worker ON umt.sign_in_place TO umt_worker USING (true) WITH CHECK (true);
GRANT SELECT, DELETE ON umt.sign_in_place TO umt_worker;

ALTER TABLE umt.sign_in_attempt ADD since timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN umt.sign_in_attempt.since IS 'From when on failures are counted; they are forgotten after an hour, of a pair after a day.';

CREATE FUNCTION umt.open_session(
    session_id uuid, in_workspace uuid, for_user uuid, proven text, client text, lifetime interval,
    refresh_hash bytea, place bytea
) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    owner uuid;
    until timestamptz := now() + lifetime;
BEGIN
    -- Held until the end, so that a change of the password comes before and is seen, or after and ends this session;
    -- and likewise an erasure of the member, which locks the membership first, too.
    SELECT a.id INTO owner
    FROM umt.membership m JOIN umt.account a ON a.id = m.account
    WHERE (m.workspace, m.user_id) = (in_workspace, for_user) AND a.password_hash = proven
    FOR SHARE OF m, a;
    IF owner IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO umt.session (id, account, workspace, user_id, client, expires_at)
    VALUES (session_id, owner, in_workspace, for_user, open_session.client, until);
    INSERT INTO umt.refresh_token (hash, session, workspace) VALUES (refresh_hash, session_id, in_workspace);
    INSERT INTO umt.sign_in_place (account, place) VALUES (owner, open_session.place)
    ON CONFLICT ON CONSTRAINT sign_in_place_pkey DO UPDATE SET seen_at = now();
    RETURN until;
END $$;
COMMENT ON FUNCTION umt.open_session IS
    'Opens a session of a member whose password is still the one that was proven, and answers when it expires; else null. No workspace is known yet; who may call it has to have the hash of that password.';

CREATE FUNCTION umt.session_role(session_id uuid, in_workspace uuid, for_user uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.role
    FROM umt.session s JOIN umt.membership m ON (m.workspace, m.user_id) = (s.workspace, s.user_id)
    WHERE (s.id, s.workspace, s.user_id) = (session_id, in_workspace, for_user)
      AND s.ended_at IS NULL AND s.expires_at > now()
$$;
COMMENT ON FUNCTION umt.session_role IS 'The role of who is signed in in a session that has not ended; asked with every request, before its workspace is known. It tells a role, and only for the id of a session with its workspace and user, which a signed token said.';

CREATE FUNCTION umt.refresh_session(presented bytea, fresh bytea, waited interval)
RETURNS TABLE (outcome text, session uuid, workspace uuid, user_id uuid, role text, expires_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- A use is answered 0.2 s after it, so whoever arrives within this time has not seen the answer.
    grace CONSTANT interval := '0.15 seconds';
    arrived timestamptz := clock_timestamp() - waited;
    held    umt.session;
    before  timestamptz;
    used    timestamptz;
BEGIN
    outcome := 'refused';
    -- A use that is not seen yet, but under the lock below, is decided at this moment, in whatever process.
    SELECT t.used_at INTO before FROM umt.refresh_token t WHERE t.hash = presented;
    -- The session's lock comes first everywhere; only under it is it certain whether the token was used.
    SELECT s.* INTO held
    FROM umt.refresh_token t JOIN umt.session s ON s.id = t.session WHERE t.hash = presented FOR UPDATE OF s;
    IF held.id IS NOT NULL THEN
        SELECT t.used_at INTO used FROM umt.refresh_token t WHERE t.hash = presented;
        SELECT m.role INTO role FROM umt.membership m WHERE (m.workspace, m.user_id) = (held.workspace, held.user_id);
        session := held.id;
        workspace := held.workspace;
        user_id := held.user_id;
        expires_at := held.expires_at;
        IF held.ended_at IS NOT NULL OR held.expires_at <= now() OR role IS NULL THEN
            NULL;
        ELSIF used > arrived - grace OR used IS NOT NULL AND before IS NULL THEN
            outcome := 'raced';
        ELSIF used IS NOT NULL THEN
            outcome := 'reused';
            UPDATE umt.session s SET ended_at = clock_timestamp(), ended_by = 'token_reused' WHERE s.id = held.id;
        ELSE
            outcome := 'refreshed';
            UPDATE umt.refresh_token t SET used_at = clock_timestamp() WHERE t.hash = presented;
            INSERT INTO umt.refresh_token (hash, session, workspace) VALUES (fresh, held.id, held.workspace);
            UPDATE umt.session s SET used_at = clock_timestamp() WHERE s.id = held.id;
        END IF;
    END IF;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION umt.refresh_session IS
    'Uses a refresh token up for a fresh one. One whose use was answered before this request arrived ends its session (RFC 9700, 4.14.2).';

CREATE FUNCTION umt.session_of(refresh_hash bytea) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.session FROM umt.refresh_token t WHERE t.hash = refresh_hash
$$;
COMMENT ON FUNCTION umt.session_of IS 'The session that a refresh token belongs or belonged to.';

CREATE FUNCTION umt.memberships_of_account(session_id uuid) RETURNS TABLE (workspace uuid, user_id uuid, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.workspace, m.user_id, m.role
    FROM umt.session own JOIN umt.membership m USING (account)
    WHERE own.id = session_id AND own.ended_at IS NULL AND own.expires_at > now()
    ORDER BY m.user_id <> m.account, m.workspace LIMIT 100
$$;
COMMENT ON FUNCTION umt.memberships_of_account IS 'Where the person of a session that has not ended is a member: at most a hundred.';

CREATE FUNCTION umt.sessions_of_account(session_id uuid)
RETURNS TABLE (id uuid, workspace uuid, client text, created_at timestamptz, used_at timestamptz, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.id, s.workspace, s.client, s.created_at, s.used_at, s.expires_at
    FROM umt.session own JOIN umt.session s USING (account)
    WHERE own.id = session_id AND own.ended_at IS NULL AND own.expires_at > now()
      AND s.ended_at IS NULL AND s.expires_at > now()
    ORDER BY s.created_at DESC, s.id LIMIT 100
$$;
COMMENT ON FUNCTION umt.sessions_of_account IS 'Where the person of a session that has not ended is signed in: the newest hundred.';

CREATE FUNCTION umt.end_sessions(by_session uuid, which uuid, why text)
RETURNS TABLE (workspace uuid, user_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH found AS (
        SELECT s.id FROM umt.session own JOIN umt.session s USING (account)
        WHERE own.id = by_session AND own.ended_at IS NULL AND own.expires_at > now()
          AND (s.id = which OR which IS NULL) AND s.ended_at IS NULL
        ORDER BY s.id FOR UPDATE OF s
    ), ended AS (
        UPDATE umt.session s SET ended_at = clock_timestamp(), ended_by = why
        FROM found WHERE s.id = found.id
        RETURNING s.workspace, s.user_id
    )
    SELECT workspace, user_id FROM ended
$$;
COMMENT ON FUNCTION umt.end_sessions IS 'Ends a session of the account that an open session is of, or all of them.';

CREATE FUNCTION umt.own_account(for_user uuid)
RETURNS TABLE (account uuid, email_index bytea, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.id, a.email_index, a.password_hash
    FROM umt.membership m JOIN umt.account a ON a.id = m.account
    WHERE (m.workspace, m.user_id) = (umt.current_workspace(), for_user)
$$;
COMMENT ON FUNCTION umt.own_account IS 'How a member of the workspace that is set signs in, to verify their password before it is changed.';

CREATE FUNCTION umt.set_password(for_user uuid, new_hash text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    owner uuid;
BEGIN
    UPDATE umt.account a SET password_hash = new_hash
    FROM umt.membership m
    WHERE (m.workspace, m.user_id) = (umt.current_workspace(), for_user) AND a.id = m.account
    RETURNING a.id INTO owner;
    PERFORM FROM umt.session s WHERE s.account = owner AND s.ended_at IS NULL ORDER BY s.id FOR UPDATE;
    UPDATE umt.session s SET ended_at = clock_timestamp(), ended_by = 'password_changed'
    WHERE s.account = owner AND s.ended_at IS NULL;
    RETURN owner IS NOT NULL;
END $$;
COMMENT ON FUNCTION umt.set_password IS
    'Sets the password of the account of a member of the workspace that is set, and ends all its sessions.';

CREATE FUNCTION umt.rehash_password(of_account uuid, old_hash text, new_hash text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE umt.account SET password_hash = new_hash WHERE (id, password_hash) = (of_account, old_hash)
$$;
COMMENT ON FUNCTION umt.rehash_password IS 'Replaces the hash of a password by another hash of the same one, while signing in, before a workspace is known; who may call it has to have the old hash.';

CREATE FUNCTION umt.count_attempt(pair bytea, place bytea, address bytea, address_index bytea) RETURNS double precision
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subjects bytea[] := ARRAY[pair, place];
    wait     double precision;
BEGIN
    -- Who signed in from there lately is not slowed down by what strangers try elsewhere.
    IF NOT EXISTS (
        SELECT FROM umt.account a JOIN umt.sign_in_place p ON p.account = a.id
        WHERE a.email_index = address_index AND p.place = count_attempt.place AND p.seen_at > now() - interval '30 days'
    ) THEN
        subjects := subjects || address;
    END IF;
    INSERT INTO umt.sign_in_attempt (subject, failures)
    SELECT subject, 0 FROM unnest(subjects) AS subject ORDER BY subject
    ON CONFLICT DO NOTHING;
    PERFORM FROM umt.sign_in_attempt WHERE subject = ANY (subjects) ORDER BY subject FOR UPDATE;
    SELECT max(extract(epoch FROM blocked_until - clock_timestamp())) INTO wait
    FROM umt.sign_in_attempt WHERE subject = ANY (subjects);
    IF wait > 0 THEN
        RETURN wait;
    END IF;
    UPDATE umt.sign_in_attempt a
    SET failures = counted.failures,
        since = counted.since,
        last_at = clock_timestamp(),
        blocked_until = CASE WHEN counted.failures >= counted.free THEN
            clock_timestamp() + least(900, power(2, least(counted.failures - counted.free, 10))) * interval '1 second' END
    FROM (
        SELECT s.subject, free.failures AS free,
               CASE WHEN s.since + free.kept < clock_timestamp() THEN 1 ELSE s.failures + 1 END AS failures,
               CASE WHEN s.since + free.kept < clock_timestamp() THEN clock_timestamp() ELSE s.since END AS since
        FROM umt.sign_in_attempt s, LATERAL (
            SELECT CASE WHEN s.subject = pair THEN 5 ELSE 100 END AS failures,
                   CASE WHEN s.subject = pair THEN interval '1 day' ELSE interval '1 hour' END AS kept
        ) AS free
        WHERE s.subject = ANY (subjects)
    ) AS counted
    WHERE a.subject = counted.subject;
    RETURN 0;
END $$;
COMMENT ON FUNCTION umt.count_attempt IS
    'Counts an attempt to sign in as failed before it is made; answers the seconds to wait if it may not be made at all.';

CREATE FUNCTION umt.attempt_succeeded(pair bytea, place bytea, address bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM umt.sign_in_attempt WHERE subject IN (pair, place, address) ORDER BY subject FOR UPDATE;
    DELETE FROM umt.sign_in_attempt WHERE subject = pair;
    UPDATE umt.sign_in_attempt
    SET failures = greatest(failures - 1, 0), blocked_until = CASE WHEN failures > 100 THEN blocked_until END
    WHERE subject IN (place, address);
END $$;
COMMENT ON FUNCTION umt.attempt_succeeded IS 'Takes the count of an attempt back; the pair of address and place begins anew.';

REVOKE ALL ON FUNCTION umt.open_session, umt.session_role, umt.refresh_session, umt.session_of, umt.sessions_of_account,
    umt.memberships_of_account, umt.end_sessions, umt.own_account, umt.set_password, umt.rehash_password, umt.count_attempt, umt.attempt_succeeded
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION umt.open_session, umt.session_role, umt.refresh_session, umt.session_of,
    umt.sessions_of_account, umt.memberships_of_account, umt.end_sessions, umt.own_account, umt.set_password, umt.rehash_password,
    umt.count_attempt, umt.attempt_succeeded
    TO umt_app;

-- API keys and invitations (below: what accounts need of them).
CREATE FUNCTION umt.authenticate_key(key_hash bytea)
RETURNS TABLE (id uuid, workspace uuid, holder uuid, made_by uuid, role text, scopes text[], first_in_hour boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    before timestamptz;
BEGIN
    SELECT k.id, k.workspace, k.holder, k.made_by, m.role, k.scopes, k.used_at
        INTO id, workspace, holder, made_by, role, scopes, before
        FROM umt.api_key k JOIN umt.membership m ON (m.workspace, m.user_id) = (k.workspace, k.holder)
        WHERE k.hash = key_hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > moment)
          AND (k.made_by IS NULL OR EXISTS (
              SELECT FROM umt.membership maker WHERE (maker.workspace, maker.user_id) = (k.workspace, k.made_by)));
    IF NOT FOUND THEN
        RETURN;
    END IF;
    first_in_hour := false;
    IF before IS NULL OR before < moment - interval '1 minute' THEN
        UPDATE umt.api_key k SET used_at = moment
            WHERE k.id = authenticate_key.id AND k.used_at IS NOT DISTINCT FROM before;
        first_in_hour := FOUND AND (before IS NULL OR before < date_trunc('hour', moment, 'UTC'));
    END IF;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION umt.authenticate_key IS
    'Whose API key this is, before any workspace is known. Notes the use, at most once a minute; of all requests of an hour one is told that it is the first.';

CREATE FUNCTION umt.invitation_of(hash bytea) RETURNS TABLE (id uuid, workspace uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.id, i.workspace FROM umt.invitation i WHERE i.token_hash = hash AND i.expires_at > now()
$$;
COMMENT ON FUNCTION umt.invitation_of IS 'The invitation of a token, before any workspace is known.';

CREATE FUNCTION umt.member_of(address_index bytea) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.user_id FROM umt.account a JOIN umt.membership m ON m.account = a.id
    WHERE a.email_index = address_index AND m.workspace = umt.current_workspace()
$$;
COMMENT ON FUNCTION umt.member_of IS 'The member of the present workspace whose account has this address.';

CREATE FUNCTION umt.end_membership(member uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_member uuid;
BEGIN
    UPDATE umt.session SET ended_at = now(), ended_by = 'removed'
        WHERE workspace = umt.current_workspace() AND user_id = member AND ended_at IS NULL;
    DELETE FROM umt.membership WHERE workspace = umt.current_workspace() AND user_id = member
        RETURNING account INTO of_member;
    DELETE FROM umt.account a
        WHERE a.id = of_member AND NOT EXISTS (SELECT FROM umt.membership m WHERE m.account = a.id);
END $$;
COMMENT ON FUNCTION umt.end_membership IS
    'Ends a member''s sessions and membership in the present workspace; the account goes with its last membership.';

REVOKE ALL ON FUNCTION umt.authenticate_key, umt.invitation_of, umt.member_of, umt.end_membership FROM PUBLIC;
GRANT EXECUTE ON FUNCTION umt.authenticate_key, umt.invitation_of, umt.member_of, umt.end_membership TO umt_app;

-- Erasure of a person, process by process, and what is kept for how long.
-- Run as umt_owner.

CREATE TABLE umt.erasure (
    sequence     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject      uuid NOT NULL UNIQUE,
    workspace    uuid NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    position     bigint NOT NULL,
    actors       text[] NOT NULL,
    completed_at timestamptz
);
COMMENT ON TABLE  umt.erasure IS 'Whose key was destroyed. Written with the event under the log''s lock, so that the order of the sequence is that of the commits.';
COMMENT ON COLUMN umt.erasure.subject IS 'The person: a user''s id.';
COMMENT ON COLUMN umt.erasure.position IS 'Of the event user.erased.';
COMMENT ON COLUMN umt.erasure.actors IS 'Under which names they acted: user:<id>, and api_key:<id> of each key that they ever held or made.';
COMMENT ON COLUMN umt.erasure.completed_at IS 'Since when no process can hold the key any more.';
CREATE INDEX erasure_of_workspace ON umt.erasure (workspace, sequence);
CREATE INDEX erasure_actor ON umt.erasure USING gin (actors) WITH (fastupdate = off);
CREATE INDEX erasure_open ON umt.erasure (sequence) WHERE completed_at IS NULL;

CREATE TABLE umt.process (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    beat_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    erased_to  bigint NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE  umt.process IS 'Processes that may hold keys of people in memory, each with its last sign of life and the erasure up to which it has forgotten.';

CREATE TABLE umt.retention_run (
    class   text COLLATE "C" NOT NULL,
    ran_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    days    integer NOT NULL,
    deleted bigint NOT NULL,
    PRIMARY KEY (class, ran_at)
);
COMMENT ON TABLE umt.retention_run IS 'What each run of the retention policy deleted, by class of data.';

ALTER TABLE umt.erasure ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON umt.erasure TO umt_owner USING (true) WITH CHECK (true);
CREATE POLICY worker ON umt.erasure TO umt_worker USING (true) WITH CHECK (true);
CREATE POLICY tenant ON umt.erasure TO umt_app
    USING (workspace = (SELECT umt.current_workspace())) WITH CHECK (workspace = (SELECT umt.current_workspace()));
GRANT SELECT ON umt.erasure TO umt_app, umt_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON umt.process TO umt_worker;
GRANT SELECT, INSERT, DELETE ON umt.retention_run TO umt_worker;

-- Whose key was destroyed never gets another one: what is written about them later could be read by nobody anyway.
CREATE FUNCTION umt.refuse_erased_subject() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM umt.erasure e WHERE e.subject = NEW.subject) THEN
        RAISE EXCEPTION 'subject % was erased and gets no key any more', NEW.subject USING ERRCODE = 'UM003';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION umt.refuse_erased_subject FROM PUBLIC;
CREATE TRIGGER refuse_erased_subject BEFORE INSERT ON umt.subject_key
    FOR EACH ROW EXECUTE FUNCTION umt.refuse_erased_subject();

CREATE FUNCTION umt.erase_subject(erased uuid, invitations uuid[], attempts bytea[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    here     uuid := umt.current_workspace();
    at       bigint;
    actors   text[];
    accounts uuid[];
    number   bigint;
BEGIN
    SELECT e.position INTO at FROM umt.event e
        WHERE e.stream = erased AND e.workspace = here AND e.type = 'user.erased' ORDER BY e.version DESC LIMIT 1;
    IF at IS NULL THEN
        RAISE EXCEPTION 'subject % was not erased in this workspace', erased USING ERRCODE = 'UM001';
    END IF;
    -- A session that is being opened is there before this, or is not opened at all.
    PERFORM FROM umt.membership m WHERE m.workspace = here AND m.user_id = erased FOR UPDATE;
    -- Security events that are being noted are there before this, or are noted when it is known who is erased.
    PERFORM pg_advisory_xact_lock(7311, 8);
    actors := 'user:' || erased || ARRAY(
        SELECT 'api_key:' || k.id FROM umt.api_key k WHERE k.workspace = here AND erased IN (k.holder, k.made_by));
    accounts := ARRAY(
        SELECT erased
        UNION SELECT m.account FROM umt.membership m
            WHERE m.workspace = here AND m.user_id = erased AND m.account IS NOT NULL
        UNION SELECT s.account FROM umt.session s WHERE s.workspace = here AND s.user_id = erased);

    DELETE FROM umt.subject_key k WHERE k.subject = erased AND k.workspace = here;
    DELETE FROM umt.session s WHERE s.workspace = here AND s.user_id = erased;
    DELETE FROM umt.api_key k WHERE k.workspace = here AND erased IN (k.holder, k.made_by);
    DELETE FROM umt.membership m WHERE m.workspace = here AND m.user_id = erased;
    DELETE FROM umt.account a WHERE a.id = ANY (accounts)
        AND NOT EXISTS (SELECT FROM umt.membership m WHERE m.account = a.id);
    DELETE FROM umt.command c WHERE c.workspace = here AND c.actor = ANY (actors);
    DELETE FROM umt.command c
        WHERE c.workspace = here AND c.actor >= 'system:' AND c.actor < 'system;' AND c.subject = erased;
    DELETE FROM umt.invitation i WHERE i.workspace = here AND i.id = ANY (invitations);
    DELETE FROM umt.sign_in_attempt a WHERE a.subject = ANY (attempts);
    DELETE FROM umt.snapshot s WHERE s.workspace = here AND s.stream = ANY (erased || invitations);
    UPDATE umt.security_event e SET address = NULL WHERE e.workspace = here AND e.actor = ANY (actors);

    DELETE FROM umt.erasure e WHERE e.subject = erased;
    INSERT INTO umt.erasure (subject, workspace, position, actors) VALUES (erased, here, at, actors)
        RETURNING sequence INTO number;
    PERFORM pg_notify('umt_erasure', number::text);
    RETURN number;
END $$;
COMMENT ON FUNCTION umt.erase_subject IS
    'Destroys a person''s key and removes every row that is theirs, in the transaction that appended user.erased. The account goes with its last membership.';

CREATE FUNCTION umt.complete_erasures(silence interval) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    done umt.erasure;
BEGIN
    FOR done IN
        UPDATE umt.erasure e SET completed_at = clock_timestamp() WHERE e.completed_at IS NULL AND NOT EXISTS (
            SELECT FROM umt.process p WHERE p.erased_to < e.sequence AND p.beat_at > clock_timestamp() - silence)
        RETURNING e.*
    LOOP
        DELETE FROM umt.session s WHERE s.workspace = done.workspace AND s.user_id = done.subject;
        DELETE FROM umt.command c WHERE c.workspace = done.workspace AND c.actor = ANY (done.actors);
    END LOOP;
END $$;
COMMENT ON FUNCTION umt.complete_erasures IS
    'Notes as complete the erasures that no process is behind of any more, but for those that were silent so long. Deletes what requests under way left meanwhile.';
REVOKE ALL ON FUNCTION umt.erase_subject, umt.complete_erasures FROM PUBLIC;
GRANT EXECUTE ON FUNCTION umt.erase_subject TO umt_app;
GRANT EXECUTE ON FUNCTION umt.complete_erasures TO umt_worker;

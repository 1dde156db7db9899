-- Security events: who was refused what.
-- Run as umt_owner.

CREATE TABLE umt.security_event (
    id        uuid PRIMARY KEY,
    workspace uuid,
    kind      text COLLATE "C" NOT NULL,
    actor     text COLLATE "C",
    address   text COLLATE "C",
    detail    text NOT NULL,
    count     bigint NOT NULL CHECK (count > 0),
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL
);
COMMENT ON TABLE  umt.security_event IS 'What happened at the gates: sign-ins, refusals, use of keys. Alike ones of a minute are one row.';
COMMENT ON COLUMN umt.security_event.id IS 'Keyed hash of the minute and of what makes events alike, so that every process adds to one row.';
COMMENT ON COLUMN umt.security_event.workspace IS 'The tenant; null where none is known, as of a wrong token: the operator''s.';
COMMENT ON COLUMN umt.security_event.kind IS 'What happened, e.g. login_failed.';
COMMENT ON COLUMN umt.security_event.actor IS 'Who, as in events: user:<id>, api_key:<id>; null where nobody is known.';
COMMENT ON COLUMN umt.security_event.address IS 'Where the request came from; null when it came from nowhere, or was erased with the person.';
COMMENT ON COLUMN umt.security_event.detail IS 'Which permission, route or limit; nothing personal and nothing that opens something.';
COMMENT ON COLUMN umt.security_event.count IS 'How often it happened within the minute.';
COMMENT ON COLUMN umt.security_event.first_at IS 'When it first happened, by the clock of the process that saw it.';
COMMENT ON COLUMN umt.security_event.last_at IS 'When it last happened.';
CREATE INDEX security_event_newest ON umt.security_event (workspace, first_at DESC, id DESC);
CREATE INDEX security_event_actor ON umt.security_event (workspace, actor) WHERE actor IS NOT NULL;
CREATE INDEX security_event_last_at ON umt.security_event USING brin (last_at) WITH (pages_per_range = 16, autosummarize = on);

ALTER TABLE umt.security_event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON umt.security_event TO umt_owner USING (true) WITH CHECK (true);
CREATE POLICY worker ON umt.security_event TO umt_worker USING (true);
CREATE POLICY tenant ON umt.security_event FOR SELECT TO umt_app
    USING (workspace = (SELECT umt.current_workspace()));
GRANT SELECT ON umt.security_event TO umt_app;
GRANT SELECT, DELETE ON umt.security_event TO umt_worker;

CREATE FUNCTION umt.note_security_events(
    ids uuid[], workspaces uuid[], kinds text[], actors text[], addresses text[], details text[],
    counts bigint[], firsts timestamptz[], lasts timestamptz[]
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- An erasure under way ends first: what is noted after it is noted without the address.
    PERFORM pg_advisory_xact_lock_shared(7311, 8);
    INSERT INTO umt.security_event AS known (id, workspace, kind, actor, address, detail, count, first_at, last_at)
        SELECT n.id, n.workspace, n.kind, n.actor,
            CASE WHEN NOT EXISTS (SELECT FROM umt.erasure e WHERE e.actors @> ARRAY[n.actor]) THEN n.address END,
            n.detail, n.count, n.first_at, n.last_at
        FROM unnest(ids, workspaces, kinds, actors, addresses, details, counts, firsts, lasts) AS n
            (id, workspace, kind, actor, address, detail, count, first_at, last_at)
        ORDER BY n.id
    ON CONFLICT (id) DO UPDATE SET
        count = known.count + excluded.count,
        first_at = least(known.first_at, excluded.first_at),
        last_at = greatest(known.last_at, excluded.last_at);
END $$;
COMMENT ON FUNCTION umt.note_security_events IS 'The only way to note security events: adds rows, or adds to the counts of those that are alike. Nobody changes what was noted. Of who was erased, the address is not.';
REVOKE ALL ON FUNCTION umt.note_security_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION umt.note_security_events TO umt_app;

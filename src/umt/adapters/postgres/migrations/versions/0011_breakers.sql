-- Circuit breakers of the outside services, shared by all workers.
-- Run as umt_owner.

CREATE TABLE umt.breaker (
    service       text COLLATE "C" PRIMARY KEY CHECK (length(service) <= 400),
    state         text COLLATE "C" NOT NULL DEFAULT 'closed' CHECK (state IN ('closed', 'open', 'half_open')),
    failures      integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    opened_at     timestamptz,
    next_probe_at timestamptz,
    probe         uuid,
    error_class   text COLLATE "C",
    reason        text NOT NULL DEFAULT '',
    changes       bigint NOT NULL DEFAULT 0,
    answered      bigint NOT NULL DEFAULT 0,
    failed        bigint NOT NULL DEFAULT 0,
    refused       bigint NOT NULL DEFAULT 0,
    touched_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE  umt.breaker IS 'The circuit breaker of each outside service that was called lately.';
COMMENT ON COLUMN umt.breaker.service IS 'The service: meta, google, linkedin, language-model, or cms: and a site''s origin.';
COMMENT ON COLUMN umt.breaker.state IS 'closed: calls go through; open: none does; half_open: one does, the probe.';
COMMENT ON COLUMN umt.breaker.failures IS 'Failures in a row.';
COMMENT ON COLUMN umt.breaker.opened_at IS 'Since when the service is left alone; null while closed.';
COMMENT ON COLUMN umt.breaker.next_probe_at IS 'Open: when a call may probe. Half-open: when the one that does is taken for dead.';
COMMENT ON COLUMN umt.breaker.probe IS 'The call that probes.';
COMMENT ON COLUMN umt.breaker.error_class IS 'The kind of the last failure: transient or server.';
COMMENT ON COLUMN umt.breaker.reason IS 'Why it came to be in its state.';
COMMENT ON COLUMN umt.breaker.changes IS 'How often its state has changed.';
COMMENT ON COLUMN umt.breaker.answered IS 'Calls that were answered, be it by a refusal. Workers add to this about twice a second.';
COMMENT ON COLUMN umt.breaker.failed IS 'Calls that failed.';
COMMENT ON COLUMN umt.breaker.refused IS 'Calls that were not sent, since it was open.';
COMMENT ON COLUMN umt.breaker.touched_at IS 'When a worker last wrote here (UTC).';

CREATE TABLE umt.breaker_change (
    service text COLLATE "C" NOT NULL REFERENCES umt.breaker ON DELETE CASCADE,
    number  bigint NOT NULL,
    at      timestamptz NOT NULL,
    was     text COLLATE "C" NOT NULL,
    became  text COLLATE "C" NOT NULL,
    reason  text NOT NULL,
    PRIMARY KEY (service, number)
);
COMMENT ON TABLE  umt.breaker_change IS 'The newest changes of each breaker''s state.';
COMMENT ON COLUMN umt.breaker_change.service IS 'The service.';
COMMENT ON COLUMN umt.breaker_change.number IS 'Its place among the service''s changes, from 1.';
COMMENT ON COLUMN umt.breaker_change.at IS 'When it changed (UTC).';
COMMENT ON COLUMN umt.breaker_change.was IS 'Its state before.';
COMMENT ON COLUMN umt.breaker_change.became IS 'Its state after.';
COMMENT ON COLUMN umt.breaker_change.reason IS 'Why.';

GRANT SELECT, INSERT, UPDATE, DELETE ON umt.breaker, umt.breaker_change TO umt_worker;

-- The application sees those that it names and cannot list the rest: an origin may be one workspace's secret.
CREATE FUNCTION umt.breakers(services text[]) RETURNS SETOF umt.breaker
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM umt.breaker WHERE service = ANY (services)
$$;
COMMENT ON FUNCTION umt.breakers IS 'The breakers of the named services, those that have been called.';
REVOKE ALL ON FUNCTION umt.breakers FROM PUBLIC;
GRANT EXECUTE ON FUNCTION umt.breakers TO umt_app;

CREATE FUNCTION umt.breaker_changes(services text[]) RETURNS SETOF umt.breaker_change
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM umt.breaker_change WHERE service = ANY (services) ORDER BY service, number DESC
$$;
COMMENT ON FUNCTION umt.breaker_changes IS 'The newest changes of the named services'' breakers, newest first.';
REVOKE ALL ON FUNCTION umt.breaker_changes FROM PUBLIC;
GRANT EXECUTE ON FUNCTION umt.breaker_changes TO umt_app;

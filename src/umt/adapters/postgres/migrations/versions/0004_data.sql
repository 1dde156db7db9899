-- What data teams read beside the read models: the log as jsonb, a position for a time, figures as once known.
-- Run as umt_owner.

GRANT SELECT ON umt.event TO umt_data;
CREATE POLICY data ON umt.event FOR SELECT TO umt_data
    USING (workspace IN (SELECT l.workspace FROM umt.data_login l WHERE l.login = current_user));

-- Both establish subtransactions, which a parallel plan may not.
CREATE FUNCTION umt.stored_json(stored bytea) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN convert_from(stored, 'UTF8')::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN NULL;
END $$;
COMMENT ON FUNCTION umt.stored_json IS 'What is stored as JSON; null when it is none, not UTF-8, or too much for jsonb.';

CREATE FUNCTION umt.stored_metadata(stored bytea) RETURNS jsonb
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found jsonb := umt.stored_json(stored);
BEGIN
    PERFORM (found ->> 'effective_at')::timestamptz, (found ->> 'event_id')::uuid,
            (found ->> 'correlation')::uuid, (found ->> 'causation')::uuid;
    RETURN found;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;
COMMENT ON FUNCTION umt.stored_metadata IS 'An event''s metadata; null when it is no JSON, or an id or a time in it is none.';
REVOKE ALL ON FUNCTION umt.stored_json, umt.stored_metadata FROM PUBLIC;
GRANT EXECUTE ON FUNCTION umt.stored_json, umt.stored_metadata TO umt_app, umt_worker, umt_data;

CREATE VIEW read_v1.event_log WITH (security_invoker = true) AS
    SELECT position, workspace, stream, version, type, schema_version, recorded_at,
           (m.metadata ->> 'effective_at')::timestamptz AS effective_at,
           m.metadata -> 'actor' ->> 'kind' AS actor_kind,
           m.metadata -> 'actor' ->> 'id' AS actor,
           (m.metadata ->> 'event_id')::uuid AS event_id,
           (m.metadata ->> 'correlation')::uuid AS correlation,
           (m.metadata ->> 'causation')::uuid AS causation,
           m.metadata,
           umt.stored_json(e.body) AS body
    -- OFFSET 0 has the metadata read once for all its columns.
    FROM umt.event e CROSS JOIN LATERAL (SELECT umt.stored_metadata(e.metadata) AS metadata OFFSET 0) m;
COMMENT ON VIEW  read_v1.event_log IS 'Every event of the log, in its order; rows are never changed.';
COMMENT ON COLUMN read_v1.event_log.position IS 'Place in the log: gapless from 1 over all workspaces.';
COMMENT ON COLUMN read_v1.event_log.workspace IS 'The tenant.';
COMMENT ON COLUMN read_v1.event_log.stream IS 'Id of the thing that it happened to.';
COMMENT ON COLUMN read_v1.event_log.version IS 'Place in that thing''s history: gapless from 1.';
COMMENT ON COLUMN read_v1.event_log.type IS 'What happened, e.g. campaign.launched; described in docs/events.md.';
COMMENT ON COLUMN read_v1.event_log.schema_version IS 'Version of the type''s schema, in schemas/events, that the body was written by.';
COMMENT ON COLUMN read_v1.event_log.recorded_at IS 'When it was recorded (UTC), never before its predecessor.';
COMMENT ON COLUMN read_v1.event_log.effective_at IS 'When it happened, by the business''s clock; null if the metadata is.';
COMMENT ON COLUMN read_v1.event_log.actor_kind IS 'What kind of actor did it: user, agent, api_key or system; null if the metadata is.';
COMMENT ON COLUMN read_v1.event_log.actor IS 'Who did it: a user''s or a key''s id, an agent''s name, or a part of the system; null if the metadata is.';
COMMENT ON COLUMN read_v1.event_log.event_id IS 'The event''s own id; null if the metadata is.';
COMMENT ON COLUMN read_v1.event_log.correlation IS 'Shared by everything that one request led to; null if the metadata is.';
COMMENT ON COLUMN read_v1.event_log.causation IS 'The event_id of the event that led to this one; null if a person or a clock did.';
COMMENT ON COLUMN read_v1.event_log.metadata IS 'All that is known of it beside the body, as stored; null when what is stored cannot be read.';
COMMENT ON COLUMN read_v1.event_log.body IS 'The event as it was written, by its type''s schema; personal fields are ciphertext. Null when what is stored cannot be read.';
GRANT SELECT ON read_v1.event_log TO umt_app, umt_worker, umt_data;

CREATE FUNCTION umt.position_at(moment timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first bigint := 0;
    last  bigint := (SELECT coalesce(max(position), 0) FROM umt.event);
    half  bigint;
BEGIN
    -- Positions have no gaps and recorded_at never decreases, so the log is its own index: about 20 rows of a million.
    WHILE first < last LOOP
        half := (first + last + 1) / 2;
        IF (SELECT recorded_at FROM umt.event WHERE position = half) <= moment THEN
            first := half;
        ELSE
            last := half - 1;
        END IF;
    END LOOP;
    RETURN first;
END $$;
COMMENT ON FUNCTION umt.position_at IS 'The last position recorded at or before a moment; 0 if there is none.';

-- The read models are made after the migrations, so what the function reads is looked up when it is called.
SET LOCAL check_function_bodies = off;
CREATE FUNCTION read_v1.performance_known_at(moment timestamptz) RETURNS TABLE (
    workspace uuid, campaign uuid, platform text, ad text, period text, currency text,
    "position" bigint, incomplete boolean, day date, content uuid,
    impressions numeric, clicks numeric, conversions numeric, leads numeric, spend numeric, revenue numeric,
    reported_at timestamptz, known_from timestamptz
) LANGUAGE sql STABLE SECURITY INVOKER PARALLEL SAFE AS $$
    SELECT DISTINCT ON (h.workspace, h.campaign, h.platform, h.ad, h.period, h.currency)
           h.workspace, h.campaign, h.platform, h.ad, h.period, h.currency, h.position, h.incomplete, h.day, h.content,
           h.impressions, h.clicks, h.conversions, h.leads, h.spend, h.revenue, h.reported_at, h.known_from
    FROM read_v1.performance_history h
    WHERE h.known_from <= moment
    ORDER BY h.workspace DESC, h.campaign DESC, h.platform DESC, h.ad DESC, h.period DESC, h.currency DESC,
             h.version DESC
$$;
COMMENT ON FUNCTION read_v1.performance_known_at IS
    'Each ad''s figures as they were known at a moment: of performance_history, the latest row of each key with known_from at or before it. performance_by_ad has them as now corrected.';

REVOKE ALL ON FUNCTION umt.position_at, read_v1.performance_known_at FROM PUBLIC;
GRANT EXECUTE ON FUNCTION umt.position_at, read_v1.performance_known_at TO umt_app, umt_worker, umt_data;

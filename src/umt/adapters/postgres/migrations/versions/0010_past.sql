-- What belonged to what at a position of the log: the events by which a thing comes to another, found by that other.
-- Run as umt_owner.

-- Text, for a body that was meddled with may hold anything there.
CREATE FUNCTION umt.belongs_to(type text, body bytea) RETURNS text
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE type
        WHEN 'content.requested' THEN umt.stored_json(body) ->> 'brand'
        WHEN 'campaign.created' THEN umt.stored_json(body) ->> 'brand'
        WHEN 'campaign.ad_set_added' THEN umt.stored_json(body) #>> '{ad_set,creative,content}'
    END
$$;
COMMENT ON FUNCTION umt.belongs_to IS 'The thing that the stream of such an event comes to belong to by it: the brand of a new content or campaign, the content that a new ad set shows.';
REVOKE ALL ON FUNCTION umt.belongs_to FROM PUBLIC;

CREATE INDEX event_belongs_to ON umt.event (workspace, umt.belongs_to(type, body), position)
    WHERE type IN ('content.requested', 'campaign.created', 'campaign.ad_set_added');

-- The owner's, for row security keeps the condition of anybody else out of the index.
CREATE FUNCTION umt.members_at(things uuid[], of_type text, up_to bigint) RETURNS TABLE (thing uuid, stream uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT t.thing, e.stream
    FROM unnest(things) AS t (thing) JOIN umt.event e
        ON e.workspace = umt.current_workspace() AND umt.belongs_to(e.type, e.body) = t.thing::text
    WHERE e.type IN ('content.requested', 'campaign.created', 'campaign.ad_set_added')
        AND e.type = of_type AND e.position <= up_to
$$;
COMMENT ON FUNCTION umt.members_at IS 'The streams of the transaction''s workspace that had come to belong to the things at a position of the log, by events of a type. What came may have gone again since.';
REVOKE ALL ON FUNCTION umt.members_at FROM PUBLIC;
GRANT EXECUTE ON FUNCTION umt.members_at TO umt_app;

-- # ruleid: view-without-invoker
CREATE VIEW read_v1.campaign_names AS SELECT workspace, name FROM projection.campaigns_1;
-- # ruleid: view-without-invoker
CREATE OR REPLACE VIEW read_v1.campaign_names WITH (security_barrier = true) AS SELECT 1;
-- # ruleid: view-without-invoker
create view read_v1.campaign_names as select 1;
-- # ok: view-without-invoker
CREATE VIEW read_v1.campaign_names WITH (security_invoker = true) AS SELECT 1;

-- # ruleid: materialized-view
CREATE MATERIALIZED VIEW read_v1.totals AS SELECT workspace, count(*) FROM umt.event GROUP BY workspace;
-- # ok: materialized-view
CREATE VIEW read_v1.totals WITH (security_invoker = true) AS SELECT 1;

CREATE FUNCTION umt.everything() RETURNS SETOF umt.event
-- # ruleid: definer-without-search-path
LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT * FROM umt.event $$;
CREATE FUNCTION umt.some() RETURNS SETOF umt.event
-- # ruleid: definer-without-search-path
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = umt, public AS $$ SELECT * FROM umt.event $$;
CREATE FUNCTION umt.head() RETURNS bigint
-- # ok: definer-without-search-path
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(max(position), 0) FROM umt.event
$$;

-- # ruleid: row-security-off
ALTER TABLE umt.event DISABLE ROW LEVEL SECURITY;
-- # ruleid: row-security-off
ALTER TABLE umt.event NO FORCE ROW LEVEL SECURITY;
-- # ruleid: row-security-off
ALTER TABLE umt.event ENABLE ROW LEVEL SECURITY;
-- # ruleid: row-security-off
SET LOCAL row_security = off;
-- # ok: row-security-off
ALTER TABLE umt.event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- # ruleid: right-to-everybody
GRANT EXECUTE ON FUNCTION umt.append TO PUBLIC;
-- # ruleid: right-to-everybody
GRANT SELECT ON umt.event TO umt_app, PUBLIC;
-- # ok: right-to-everybody
REVOKE ALL ON FUNCTION umt.append FROM PUBLIC;
-- # ok: right-to-everybody
GRANT EXECUTE ON FUNCTION umt.append TO umt_app;

-- # ruleid: right-to-write-the-log
GRANT SELECT, INSERT ON umt.event TO umt_app;
-- # ruleid: right-to-write-the-log
GRANT INSERT ON umt.command, umt.event TO umt_app;
-- # ruleid: right-to-write-the-log
GRANT ALL ON ALL TABLES IN SCHEMA umt TO umt_worker;
-- # ok: right-to-write-the-log
GRANT SELECT ON umt.event TO umt_app, umt_worker;
-- # ok: right-to-write-the-log
GRANT SELECT, INSERT ON umt.subject_key TO umt_app;

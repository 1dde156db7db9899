-- Keys at rest: data keys under the master key, keys that sign tokens.
-- Run as umt_owner.

CREATE TABLE umt.wrapped_key (
    purpose text COLLATE "C" PRIMARY KEY,
    sealed  bytea NOT NULL
);
COMMENT ON TABLE  umt.wrapped_key IS 'Data keys of the whole installation, wrapped by the master key, so that they survive its change.';
COMMENT ON COLUMN umt.wrapped_key.purpose IS 'What the key is for; index: keyed hashes of addresses and of requests.';

CREATE TABLE umt.workspace_key (
    workspace uuid PRIMARY KEY,
    sealed    bytea NOT NULL
);
COMMENT ON TABLE umt.workspace_key IS 'Each workspace''s data key, wrapped by the master key: its credentials are sealed under it.';

ALTER TABLE umt.secret
    ADD sealed_by text COLLATE "C" NOT NULL DEFAULT 'master' CHECK (sealed_by IN ('master', 'workspace'));
COMMENT ON TABLE  umt.secret IS 'Credentials of outside platforms, encrypted under their workspace''s key.';
COMMENT ON COLUMN umt.secret.sealed_by IS 'The key that it is under: the workspace''s or, from before there were such, the master key; `umt keys rotate` brings those under the workspace''s.';

CREATE TABLE umt.signing_key (
    kid         text COLLATE "C" PRIMARY KEY,
    sealed      bytea NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT now(),
    signs_from  timestamptz NOT NULL,
    retires_at  timestamptz,
    tokens_live interval NOT NULL
);
COMMENT ON TABLE  umt.signing_key IS 'Ed25519 keys that access tokens are signed with. The public half is derived from the sealed private one, so that nobody can add one without the master key.';
COMMENT ON COLUMN umt.signing_key.kid IS 'Thumbprint of the key (RFC 7638).';
COMMENT ON COLUMN umt.signing_key.signs_from IS 'It is published before it signs, so that every process has heard of it.';
COMMENT ON COLUMN umt.signing_key.retires_at IS 'When the next key begins to sign; null while there is none.';
COMMENT ON COLUMN umt.signing_key.tokens_live IS 'Longest life of a token that any process signs with it: so long it stays published after it has retired.';

ALTER TABLE umt.workspace_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON umt.workspace_key TO umt_owner USING (true) WITH CHECK (true);
CREATE POLICY worker ON umt.workspace_key TO umt_worker USING (true) WITH CHECK (true);
CREATE POLICY tenant ON umt.workspace_key TO umt_app
    USING (workspace = (SELECT umt.current_workspace())) WITH CHECK (workspace = (SELECT umt.current_workspace()));

GRANT SELECT, INSERT ON umt.workspace_key, umt.wrapped_key, umt.signing_key TO umt_app;
GRANT UPDATE (tokens_live) ON umt.signing_key TO umt_app;

CREATE FUNCTION umt.hold_master_key() RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7311, 5);
    -- A statement of its own, so that it sees what was committed while the lock was waited for.
    RETURN (SELECT m.fingerprint FROM umt.master_key m);
END $$;
COMMENT ON FUNCTION umt.hold_master_key IS
    'The fingerprint of the master key that this database is under; it stays so until the transaction ends. Whoever writes something that the master key wraps asks here first.';

CREATE FUNCTION umt.drop_signing_keys() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM umt.signing_key k WHERE k.retires_at + k.tokens_live + interval '5 minutes' < now()
$$;
COMMENT ON FUNCTION umt.drop_signing_keys IS 'Drops the signing keys whose tokens have all expired, some minutes later.';

REVOKE ALL ON FUNCTION umt.hold_master_key, umt.drop_signing_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION umt.hold_master_key, umt.drop_signing_keys TO umt_app;

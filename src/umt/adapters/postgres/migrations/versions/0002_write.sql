-- What the write path needs beside the log of 0001.

ALTER TABLE umt.event ADD schema_version smallint NOT NULL DEFAULT 1 CHECK (schema_version > 0);
COMMENT ON COLUMN umt.event.schema_version IS 'Version of the type''s schema that the body was written by, as in the metadata.';

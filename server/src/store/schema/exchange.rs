//! The step that brought what links ask for and how often they are used.

pub(super) const TABLES: &str = "
-- The PHC string of what whoever has nothing but the link must know.
ALTER TABLE files ADD COLUMN link_password TEXT;
ALTER TABLE files ADD COLUMN downloads INTEGER NOT NULL DEFAULT 0;
-- NULL is any number.
ALTER TABLE files ADD COLUMN downloads_left INTEGER;
-- Those by link that may go on, by a hash of where they are from.
CREATE TABLE downloads (
    file_id BLOB NOT NULL REFERENCES files(id) ON DELETE CASCADE, network BLOB NOT NULL, begun_ms INTEGER NOT NULL,
    PRIMARY KEY (file_id, network)
) STRICT, WITHOUT ROWID;
CREATE INDEX downloads_by_time ON downloads (begun_ms);
";

//! The step that brought what links ask for and how often they are used, uploads that are posted by the server, when
//! contents were last found to be whole, and lists of files.

pub(super) const TABLES: &str = "
-- The PHC string of what whoever has nothing but the link must know.
ALTER TABLE files ADD COLUMN link_password TEXT;
ALTER TABLE files ADD COLUMN downloads INTEGER NOT NULL DEFAULT 0;
-- NULL is any number.
ALTER TABLE files ADD COLUMN downloads_left INTEGER;
-- Those by link that may go on, by a hash of where they are from.
CREATE TABLE downloads (
    file_id BLOB NOT NULL REFERENCES files(id) ON DELETE CASCADE, network BLOB NOT NULL, begun_ms INTEGER NOT NULL,
    -- It ended before its end, so that it may begin anew.
    broke INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (file_id, network)
) STRICT, WITHOUT ROWID;
CREATE INDEX downloads_by_time ON downloads (begun_ms);
-- As it was stated where the upload was begun, and the room in which the file is posted.
ALTER TABLE uploads ADD COLUMN metadata TEXT;
ALTER TABLE uploads ADD COLUMN post_in BLOB;
-- When all of it was read last, and had its hashes.
ALTER TABLE blobs ADD COLUMN verified_ms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX blobs_by_verification ON blobs (verified_ms);
-- Chunks of which the disk gives other bytes than were stored, or none.
CREATE TABLE damages (
    content_hash BLOB NOT NULL REFERENCES blobs(content_hash) ON DELETE CASCADE, chunk_index INTEGER NOT NULL,
    found_ms INTEGER NOT NULL, PRIMARY KEY (content_hash, chunk_index)
) STRICT, WITHOUT ROWID;
-- When the message was sent: its files are listed by that.
ALTER TABLE file_rooms ADD COLUMN sent_ms INTEGER NOT NULL DEFAULT 0;
UPDATE file_rooms SET sent_ms = (SELECT at_ms FROM events
    WHERE events.room_id = file_rooms.room_id AND events.sequence = file_rooms.sequence);
CREATE INDEX file_rooms_by_time ON file_rooms (room_id, sent_ms);
";

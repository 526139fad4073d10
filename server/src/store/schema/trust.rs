//! The step that brought accounts, kinds of rooms, roles and all that admins see.

/// People of before become members without a password; their sessions stay. Rooms of before are public, and whoever
/// created one owns it.
pub(super) const TABLES: &str = r#"
ALTER TABLE people ADD COLUMN role TEXT NOT NULL DEFAULT 'member';
-- A PHC string.
ALTER TABLE people ADD COLUMN password TEXT;
ALTER TABLE people ADD COLUMN totp_secret BLOB;
-- NULL until the secret is confirmed; then the last step that was used, so that no code works twice.
ALTER TABLE people ADD COLUMN totp_step INTEGER;
ALTER TABLE people ADD COLUMN status_text TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN avatar BLOB REFERENCES files(id);
ALTER TABLE people ADD COLUMN hides_last_seen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE people ADD COLUMN last_seen_ms INTEGER;
-- Of a bot: who made it.
ALTER TABLE people ADD COLUMN made_by BLOB REFERENCES people(id);
-- Removed people keep their row, because events name them, but neither name nor looks.
ALTER TABLE people ADD COLUMN removed_ms INTEGER;
CREATE INDEX owners ON people (id) WHERE role = 'owner';

ALTER TABLE sessions ADD COLUMN id BLOB;
UPDATE sessions SET id = randomblob(16);
CREATE UNIQUE INDEX sessions_by_id ON sessions (id);
CREATE INDEX sessions_by_person ON sessions (person_id);
ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN last_used_ms INTEGER;
-- Of a bot's token: a JSON list. NULL is a person's session.
ALTER TABLE sessions ADD COLUMN scopes TEXT;

ALTER TABLE rooms ADD COLUMN kind TEXT NOT NULL DEFAULT 'public';
UPDATE rooms SET kind = 'lobby' WHERE id = (SELECT value FROM meta WHERE key = 'lobby');
ALTER TABLE rooms ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE rooms ADD COLUMN history TEXT NOT NULL DEFAULT 'all';
ALTER TABLE rooms ADD COLUMN archived_ms INTEGER;
ALTER TABLE rooms ADD COLUMN retention_days INTEGER;
ALTER TABLE rooms ADD COLUMN created_by BLOB REFERENCES people(id);
UPDATE rooms SET created_by =
    (SELECT person_id FROM events WHERE room_id = rooms.id AND sequence = 1 AND kind <> 'lobby');
CREATE INDEX rooms_by_creator ON rooms (created_by);
CREATE INDEX rooms_public ON rooms (name_key) WHERE kind = 'public';
-- Of a direct room: the sorted ids of those who are in it, one after another.
ALTER TABLE rooms ADD COLUMN direct_people BLOB;
CREATE UNIQUE INDEX rooms_by_people ON rooms (direct_people) WHERE direct_people IS NOT NULL;

ALTER TABLE members ADD COLUMN role TEXT NOT NULL DEFAULT 'member';
-- Who left and came back is a member like others, as it is from now on.
UPDATE members SET role = 'owner'
    WHERE person_id = (SELECT created_by FROM rooms WHERE id = room_id)
    AND NOT EXISTS (SELECT 1 FROM events WHERE events.room_id = members.room_id
        AND events.person_id = members.person_id AND body = '{"type":"member_left"}');
-- The first event that the member may read.
ALTER TABLE members ADD COLUMN first_sequence INTEGER NOT NULL DEFAULT 1;

-- Counting the members of a large room takes long, and lists of rooms say it of each.
ALTER TABLE rooms ADD COLUMN member_count INTEGER NOT NULL DEFAULT 0;
UPDATE rooms SET member_count = CASE kind WHEN 'lobby' THEN (SELECT count(*) FROM people)
    ELSE (SELECT count(*) FROM members WHERE room_id = rooms.id) END;
CREATE TRIGGER member_came AFTER INSERT ON members BEGIN
    UPDATE rooms SET member_count = member_count + 1 WHERE id = NEW.room_id;
END;
CREATE TRIGGER member_left AFTER DELETE ON members BEGIN
    UPDATE rooms SET member_count = member_count - 1 WHERE id = OLD.room_id;
END;
CREATE TRIGGER person_came AFTER INSERT ON people BEGIN
    UPDATE rooms SET member_count = member_count + 1 WHERE id = (SELECT value FROM meta WHERE key = 'lobby');
END;
CREATE TRIGGER person_removed AFTER UPDATE OF removed_ms ON people
WHEN OLD.removed_ms IS NULL AND NEW.removed_ms IS NOT NULL BEGIN
    UPDATE rooms SET member_count = member_count - 1 WHERE id = (SELECT value FROM meta WHERE key = 'lobby');
END;

CREATE TABLE bans (
    room_id BLOB NOT NULL REFERENCES rooms(id), person_id BLOB NOT NULL REFERENCES people(id),
    banned_by BLOB NOT NULL REFERENCES people(id), at_ms INTEGER NOT NULL, PRIMARY KEY (room_id, person_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE read_markers (
    person_id BLOB NOT NULL REFERENCES people(id), room_id BLOB NOT NULL REFERENCES rooms(id),
    sequence INTEGER NOT NULL, PRIMARY KEY (person_id, room_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE mentions (
    person_id BLOB NOT NULL REFERENCES people(id), room_id BLOB NOT NULL REFERENCES rooms(id),
    sequence INTEGER NOT NULL, PRIMARY KEY (person_id, room_id, sequence)
) STRICT, WITHOUT ROWID;
-- However somebody comes into a room, what was said there before counts as read. Members of before the step have no
-- marker until they set one: their clients know how far they have read.
CREATE TRIGGER read_when_joining AFTER INSERT ON members BEGIN
    INSERT INTO read_markers (person_id, room_id, sequence)
        SELECT NEW.person_id, id, last_seq FROM rooms WHERE id = NEW.room_id
        ON CONFLICT DO UPDATE SET sequence = excluded.sequence;
END;
CREATE TRIGGER read_when_new AFTER INSERT ON people BEGIN
    INSERT INTO read_markers (person_id, room_id, sequence)
        SELECT NEW.id, id, last_seq FROM rooms WHERE id = (SELECT value FROM meta WHERE key = 'lobby');
END;
CREATE TRIGGER nothing_read_when_gone AFTER DELETE ON members BEGIN
    DELETE FROM read_markers WHERE person_id = OLD.person_id AND room_id = OLD.room_id;
    DELETE FROM mentions WHERE person_id = OLD.person_id AND room_id = OLD.room_id;
END;
CREATE TRIGGER nothing_read_when_removed AFTER UPDATE OF removed_ms ON people WHEN NEW.removed_ms IS NOT NULL BEGIN
    DELETE FROM read_markers WHERE person_id = NEW.id;
    DELETE FROM mentions WHERE person_id = NEW.id;
END;

-- purpose: own, join, room, reset_password.
CREATE TABLE invitations (
    id BLOB PRIMARY KEY, token_hash BLOB NOT NULL UNIQUE, purpose TEXT NOT NULL,
    room_id BLOB REFERENCES rooms(id), person_id BLOB REFERENCES people(id),
    created_by BLOB REFERENCES people(id), created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
    uses INTEGER NOT NULL DEFAULT 0, uses_max INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, person_id BLOB REFERENCES people(id),
    person_name TEXT, action TEXT NOT NULL, subject TEXT NOT NULL, hash BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;

CREATE TABLE reports (
    id BLOB PRIMARY KEY, room_id BLOB NOT NULL REFERENCES rooms(id), sequence INTEGER NOT NULL,
    reported_by BLOB NOT NULL REFERENCES people(id), reason TEXT NOT NULL, at_ms INTEGER NOT NULL,
    closed_ms INTEGER
) STRICT, WITHOUT ROWID;

ALTER TABLE files ADD COLUMN access TEXT NOT NULL DEFAULT 'anyone';
ALTER TABLE files ADD COLUMN expires_ms INTEGER;
-- What the files of a person take; adding up the sizes of many would take long with each upload.
ALTER TABLE people ADD COLUMN file_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE people SET file_bytes = (SELECT ifnull(sum(size_bytes), 0) FROM files
    JOIN blobs ON blobs.content_hash = files.content_hash WHERE files.person_id = people.id);
CREATE TRIGGER file_came AFTER INSERT ON files BEGIN
    UPDATE people SET file_bytes = file_bytes
        + (SELECT size_bytes FROM blobs WHERE content_hash = NEW.content_hash) WHERE id = NEW.person_id;
END;
CREATE TRIGGER file_left AFTER DELETE ON files BEGIN
    UPDATE people SET file_bytes = file_bytes
        - (SELECT size_bytes FROM blobs WHERE content_hash = OLD.content_hash) WHERE id = OLD.person_id;
END;
-- The messages that a file is attached to, and so who may open a link that is for members.
CREATE TABLE file_rooms (
    file_id BLOB NOT NULL REFERENCES files(id), room_id BLOB NOT NULL REFERENCES rooms(id),
    sequence INTEGER NOT NULL, PRIMARY KEY (file_id, room_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_rooms_by_message ON file_rooms (room_id, sequence);

-- Up to which event messages were removed because of their age, or are in `purges` to be.
ALTER TABLE rooms ADD COLUMN purged_to INTEGER NOT NULL DEFAULT 0;
-- Messages that are to be removed, of one person or of all, and how far that has come.
CREATE TABLE purges (
    id INTEGER PRIMARY KEY, room_id BLOB NOT NULL REFERENCES rooms(id), of_person BLOB REFERENCES people(id),
    next_sequence INTEGER NOT NULL, to_sequence INTEGER NOT NULL,
    removed INTEGER NOT NULL DEFAULT 0, by_person BLOB NOT NULL REFERENCES people(id), by_name TEXT NOT NULL
) STRICT;
"#;

-- The end of an account: shut by an admin, or on its way out at its person's own wish.
ALTER TABLE users ADD COLUMN disabled_at TEXT;
ALTER TABLE users ADD COLUMN deletion_at TEXT;
CREATE INDEX users_deletion_at ON users (deletion_at) WHERE deletion_at IS NOT NULL;

DROP VIEW people;
CREATE VIEW people AS
SELECT
    users.id, username, email, password, coalesce(roles.name, 'user') AS role, created_at, disabled_at, deletion_at,
    CASE WHEN disabled_at IS NOT NULL THEN 'disabled' WHEN deletion_at IS NOT NULL THEN 'leaving' ELSE 'active' END
    AS state
FROM users LEFT JOIN roles ON roles.name = users.role;

-- A session has a name of its own, which stays when its token is renewed and may stand in an address.
-- `ends_at` is when it ends if nothing more is seen of it; `ended_at` that it did, until its row is swept.
-- `last_visit_at` is when its person was there before this visit.
ALTER TABLE sessions ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN confirmed_at TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN ends_at TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN ended_at TEXT;
ALTER TABLE sessions ADD COLUMN last_visit_at TEXT;
ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT 'Unknown browser';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '-';
UPDATE sessions SET id = substr(token_hash, 1, 16), confirmed_at = created_at, ends_at = last_seen_at;
CREATE UNIQUE INDEX sessions_id ON sessions (id);
DROP INDEX sessions_last_seen_at;
DROP INDEX sessions_created_at;
CREATE INDEX sessions_ends_at ON sessions (ends_at) WHERE ended_at IS NULL;
CREATE INDEX sessions_ended_at ON sessions (ended_at) WHERE ended_at IS NOT NULL;

-- A session and whose it is; the person's part comes last.
CREATE VIEW own_sessions AS
SELECT
    sessions.id AS session_id, remember, sessions.created_at AS began_at, confirmed_at, last_seen_at, last_visit_at,
    ended_at, device, address, token_hash, ends_at, people.*
FROM sessions JOIN people ON people.id = user_id;

-- A form that was interrupted, without its passwords; `fields` is JSON: [[name, value], …].
CREATE TABLE drafts (
    id TEXT PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    fields TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX drafts_user_id ON drafts (user_id, created_at);
CREATE INDEX drafts_created_at ON drafts (created_at);

-- A draft waits for one session and one purpose: `confirm` is done in that session once its user has typed the password,
-- `retype` only fills its form in again. What was kept before does no more than that.
ALTER TABLE drafts ADD COLUMN session_id TEXT NOT NULL DEFAULT '';
ALTER TABLE drafts ADD COLUMN purpose TEXT NOT NULL DEFAULT 'retype';
CREATE INDEX drafts_session_id ON drafts (session_id, created_at);

-- A random name of the password, for what must end when it is changed; a hash may be renewed without that.
ALTER TABLE users ADD COLUMN password_id TEXT NOT NULL DEFAULT '';
UPDATE users SET password_id = lower(hex(randomblob(8)));

-- Hashes that another program made: whether one of them takes longer than ours is asked at each log-in. The tutorial's
-- and Werkzeug's default do not.
CREATE INDEX users_foreign_hash ON users (substr(password, 1, 22))
WHERE substr(password, 1, 21) <> 'pbkdf2:sha256:600000$' AND substr(password, 65, 1) <> ':'
AND substr(password, 1, 17) <> 'scrypt:32768:8:1$';

-- What one server process does for all of them, and when it is due again.
CREATE TABLE chores (name TEXT PRIMARY KEY, due_at TEXT NOT NULL);

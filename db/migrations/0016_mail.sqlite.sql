-- When the user proved the address, by a link that was mailed to it: nobody has so far.
ALTER TABLE users ADD COLUMN verified_at TEXT;

-- What is mailed and opens something, by the hash of what is mailed. `code` is a blind index, for a log-in alone. `facts` is
-- JSON. Without a user: a stranger's, or one that opens nothing. A younger token has a higher id.
CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL UNIQUE,
    purpose TEXT NOT NULL,
    user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
    sent_to TEXT NOT NULL,
    code TEXT NOT NULL,
    facts TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    ends_at TEXT NOT NULL
);
CREATE INDEX tokens_user_id ON tokens (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX tokens_sent_to ON tokens (sent_to, purpose);
CREATE INDEX tokens_purpose ON tokens (purpose, id);
CREATE INDEX tokens_ends_at ON tokens (ends_at);

-- Mails that wait, and for some days those that were sent or given up. None holds a token or a text: both are made from
-- `seed`, `kind` and `facts` (JSON) at the moment of sending.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
    recipient TEXT NOT NULL,
    language TEXT NOT NULL,
    facts TEXT NOT NULL,
    seed TEXT NOT NULL,
    message_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    due_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    lease TEXT,
    leased_until TEXT,
    sent_at TEXT,
    failed_at TEXT,
    error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX outbox_waiting ON outbox (attempts, id) WHERE sent_at IS NULL AND failed_at IS NULL;
CREATE INDEX outbox_failed ON outbox (failed_at) WHERE failed_at IS NOT NULL;
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX outbox_user_id ON outbox (user_id) WHERE user_id IS NOT NULL;

-- The views of the release before stay: its servers may still run, and PostgreSQL would refuse their prepared statements.
CREATE VIEW people_3 AS
SELECT
    users.id, username, email, password, coalesce(roles.name, 'user') AS role, created_at, disabled_at, deletion_at,
    CASE WHEN disabled_at IS NOT NULL THEN 'disabled' WHEN deletion_at IS NOT NULL THEN 'leaving' ELSE 'active' END
    AS state, language, time_zone, CASE has_keys WHEN 0 THEN 'off' ELSE 'on' END AS keys, first_steps, verified_at
FROM users LEFT JOIN roles ON roles.name = users.role;
CREATE VIEW own_sessions_3 AS
SELECT
    sessions.id AS session_id, remember, sessions.created_at AS began_at, confirmed_at, last_seen_at, last_visit_at,
    ended_at, device, address, sessions.name AS session_name, token_hash, ends_at, people_3.*
FROM sessions JOIN people_3 ON people_3.id = user_id;

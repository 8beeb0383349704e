-- What happened to whom. Without a user: a log-in with an address that nobody has.
-- A session's row goes when it ends, and what happened in it stays; hence no foreign key.
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    session_id TEXT,
    actor TEXT NOT NULL,
    address TEXT NOT NULL,
    device TEXT NOT NULL,
    detail TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX events_user ON events (user_id, created_at, id);
CREATE INDEX events_user_kind ON events (user_id, kind, created_at, id);
CREATE INDEX events_session ON events (session_id);
CREATE INDEX events_created_at ON events (created_at);

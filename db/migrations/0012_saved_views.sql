-- A list as an admin looks at it often: its filters and its order as an address has them, and a name for them.
CREATE TABLE saved_views (
    id TEXT PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    list TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE UNIQUE INDEX saved_views_name ON saved_views (user_id, list, lower(name));

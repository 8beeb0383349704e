-- How often something was tried, in buckets that empty when their time is over. `key` is a blind index: people type
-- passwords where an address belongs. `label` and `user_id` say whom a bucket is about, where that is no secret.
CREATE TABLE throttles (
    key TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    most INTEGER NOT NULL,
    ends_at TEXT NOT NULL,
    label TEXT NOT NULL,
    user_id BIGINT REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX throttles_ends_at ON throttles (ends_at);
CREATE INDEX throttles_full ON throttles (ends_at) WHERE number >= most;
CREATE INDEX throttles_user_id ON throttles (user_id) WHERE user_id IS NOT NULL;

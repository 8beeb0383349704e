-- What is filled in for a person in the fields that a team declares in own/fields.py. A value is text, whatever the kind of
-- its field, since a declaration may change and what was filled in stays.
CREATE TABLE user_fields (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL CHECK (length(value) BETWEEN 1 AND 2000),
    PRIMARY KEY (user_id, name)
) WITHOUT ROWID;
-- People are found by short values alone: PostgreSQL has no room for a long one in an index.
CREATE INDEX user_fields_value ON user_fields (name, value, user_id) WHERE length(value) <= 100;

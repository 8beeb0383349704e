-- How often a user logged in, and how often somebody failed to, by day (UTC): what their dashboard shows, without
-- counting a life's events each time. The table counts itself, whichever version of the server writes the event.
CREATE TABLE user_days (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    day TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind, day)
);
CREATE INDEX user_days_day ON user_days (day);

-- The trigger comes first: it locks the events, so that no server writes one between the sums and it.
CREATE FUNCTION count_user_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO user_days (user_id, kind, day, number) VALUES (NEW.user_id, NEW.kind, substr(NEW.created_at, 1, 10), 1)
    ON CONFLICT (user_id, kind, day) DO UPDATE SET number = user_days.number + 1;
    RETURN NULL;
END;
$$;
CREATE TRIGGER events_counted AFTER INSERT ON events
FOR EACH ROW WHEN (NEW.user_id IS NOT NULL AND NEW.kind IN ('logged_in', 'login_failed'))
EXECUTE FUNCTION count_user_day();

INSERT INTO user_days (user_id, kind, day, number)
SELECT user_id, kind, substr(created_at, 1, 10), count(*) FROM events
WHERE user_id IS NOT NULL AND kind IN ('logged_in', 'login_failed') GROUP BY user_id, kind, substr(created_at, 1, 10);

-- Who was active today is read from the index alone.
DROP INDEX events_kind;
CREATE INDEX events_kind ON events (kind, created_at, id, user_id);

-- The time zone that a user reads moments in, such as `Europe/Berlin`; where it is NULL the browser says.
ALTER TABLE users ADD COLUMN time_zone TEXT CHECK (length(time_zone) <= 64);

-- The views of the release before stay: its servers may still run, and PostgreSQL would refuse their prepared statements.
CREATE VIEW people_2 AS
SELECT
    users.id, username, email, password, coalesce(roles.name, 'user') AS role, created_at, disabled_at, deletion_at,
    CASE WHEN disabled_at IS NOT NULL THEN 'disabled' WHEN deletion_at IS NOT NULL THEN 'leaving' ELSE 'active' END
    AS state, language, time_zone
FROM users LEFT JOIN roles ON roles.name = users.role;
CREATE VIEW own_sessions_2 AS
SELECT
    sessions.id AS session_id, remember, sessions.created_at AS began_at, confirmed_at, last_seen_at, last_visit_at,
    ended_at, device, address, token_hash, ends_at, people_2.*
FROM sessions JOIN people_2 ON people_2.id = user_id;

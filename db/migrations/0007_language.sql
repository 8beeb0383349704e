-- The language that somebody reads pages in, such as `de`; where it is NULL the browser is asked.
ALTER TABLE users ADD COLUMN language TEXT;

DROP VIEW own_sessions;
DROP VIEW people;
CREATE VIEW people AS
SELECT
    users.id, username, email, password, coalesce(roles.name, 'user') AS role, created_at, disabled_at, deletion_at,
    CASE WHEN disabled_at IS NOT NULL THEN 'disabled' WHEN deletion_at IS NOT NULL THEN 'leaving' ELSE 'active' END
    AS state, language
FROM users LEFT JOIN roles ON roles.name = users.role;
CREATE VIEW own_sessions AS
SELECT
    sessions.id AS session_id, remember, sessions.created_at AS began_at, confirmed_at, last_seen_at, last_visit_at,
    ended_at, device, address, token_hash, ends_at, people.*
FROM sessions JOIN people ON people.id = user_id;

-- What a user calls a session, such as `work laptop`; empty where the device alone says which it is.
ALTER TABLE sessions ADD COLUMN name TEXT NOT NULL DEFAULT '' CHECK (length(name) <= 40);
-- Whether single keys lead to pages (WCAG 2.1.4): 1, or 0 once the user has turned them off.
ALTER TABLE users ADD COLUMN has_keys INTEGER NOT NULL DEFAULT 1;
-- Names of the first steps that a user has done, or `away`: users who were there before see none.
ALTER TABLE users ADD COLUMN first_steps TEXT NOT NULL DEFAULT 'away' CHECK (length(first_steps) <= 500);

-- The views of the release before stay: its servers may still run, and PostgreSQL would refuse their prepared statements.
CREATE VIEW people_2 AS
SELECT
    users.id, username, email, password, coalesce(roles.name, 'user') AS role, created_at, disabled_at, deletion_at,
    CASE WHEN disabled_at IS NOT NULL THEN 'disabled' WHEN deletion_at IS NOT NULL THEN 'leaving' ELSE 'active' END
    AS state, language, time_zone, CASE has_keys WHEN 0 THEN 'off' ELSE 'on' END AS keys, first_steps
FROM users LEFT JOIN roles ON roles.name = users.role;
CREATE VIEW own_sessions_2 AS
SELECT
    sessions.id AS session_id, remember, sessions.created_at AS began_at, confirmed_at, last_seen_at, last_visit_at,
    ended_at, device, address, sessions.name AS session_name, token_hash, ends_at, people_2.*
FROM sessions JOIN people_2 ON people_2.id = user_id;

-- Whether the user has a second factor, kept in the transaction of each change: a session's one query knows it.
ALTER TABLE users ADD COLUMN has_factor INTEGER NOT NULL DEFAULT 0;
-- The user's name in passkeys: random, so that no browser holds an id or an address.
ALTER TABLE users ADD COLUMN user_handle TEXT;
-- When the second factors will be removed, because an admin asked for it, and the admin's reason.
ALTER TABLE users ADD COLUMN factors_reset_at TEXT;
ALTER TABLE users ADD COLUMN factors_reset_why TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX users_user_handle ON users (user_handle) WHERE user_handle IS NOT NULL;
CREATE INDEX users_has_factor ON users (id) WHERE has_factor = 1;
CREATE INDEX users_factors_reset_at ON users (factors_reset_at) WHERE factors_reset_at IS NOT NULL;

-- Half a log-in: its password was right, its second factor is still to be shown. It is no session, so no door takes it.
CREATE TABLE half_logins (
    token_hash TEXT PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    remember INTEGER NOT NULL,
    shown TEXT NOT NULL,
    made_at TEXT NOT NULL
);
CREATE INDEX half_logins_user_id ON half_logins (user_id);
CREATE INDEX half_logins_made_at ON half_logins (made_at);

-- The authenticator app. `sealed_with` names the set of keys for which its sealed secret was looked at last; `last_step` is
-- that of the code that was used last.
CREATE TABLE totp (
    user_id BIGINT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret TEXT NOT NULL,
    sealed_with TEXT NOT NULL,
    last_step BIGINT NOT NULL,
    added_at TEXT NOT NULL
);
CREATE INDEX totp_sealed_with ON totp (sealed_with);

CREATE TABLE recovery_codes (
    hash TEXT PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    made_at TEXT NOT NULL,
    used_at TEXT
);
CREATE INDEX recovery_codes_user_id ON recovery_codes (user_id);

-- `aaguid` is the maker's model, should a model ever be found to be weak. With `is_login` it is a log-in by itself.
CREATE TABLE passkeys (
    id TEXT PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    counter BIGINT NOT NULL,
    transports TEXT NOT NULL,
    aaguid TEXT NOT NULL,
    is_backed_up INTEGER NOT NULL,
    is_login INTEGER NOT NULL,
    name TEXT NOT NULL,
    added_at TEXT NOT NULL,
    used_at TEXT
);
CREATE INDEX passkeys_user_id ON passkeys (user_id);

-- Challenges that were answered, until they are too old to be answered again.
CREATE TABLE used_challenges (
    hash TEXT PRIMARY KEY,
    ends_at TEXT NOT NULL
);
CREATE INDEX used_challenges_ends_at ON used_challenges (ends_at);

-- The views of the release before stay: its servers may still run, and PostgreSQL would refuse their prepared statements.
CREATE VIEW people_4 AS
SELECT
    users.id, username, email, password, coalesce(roles.name, 'user') AS role, created_at, disabled_at, deletion_at,
    CASE WHEN disabled_at IS NOT NULL THEN 'disabled' WHEN deletion_at IS NOT NULL THEN 'leaving' ELSE 'active' END
    AS state, language, time_zone, CASE has_keys WHEN 0 THEN 'off' ELSE 'on' END AS keys, first_steps, verified_at,
    CASE has_factor WHEN 0 THEN 'no' ELSE 'yes' END AS second_factor, factors_reset_at, factors_reset_why
FROM users LEFT JOIN roles ON roles.name = users.role;
CREATE VIEW own_sessions_4 AS
SELECT
    sessions.id AS session_id, remember, sessions.created_at AS began_at, confirmed_at, last_seen_at, last_visit_at,
    ended_at, device, address, sessions.name AS session_name, token_hash, ends_at, people_4.*
FROM sessions JOIN people_4 ON people_4.id = user_id;
CREATE VIEW sorted_users_2 AS
SELECT
    id, lower(username) AS name, email, role,
    CASE WHEN disabled_at IS NOT NULL THEN 'disabled' WHEN deletion_at IS NOT NULL THEN 'leaving' ELSE 'active' END
    AS state, CASE has_factor WHEN 0 THEN 'no' ELSE 'yes' END AS second_factor
FROM users;

-- The tutorial's table. IF NOT EXISTS: a database that its code wrote is adopted as it stands.
CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    username TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    role TEXT DEFAULT 'user',
    created_at TEXT DEFAULT (datetime('now'))
);

-- Names are unique regardless of case. A tutorial's row whose name an older row has already is kept as a namesake.
ALTER TABLE users ADD COLUMN namesake INTEGER NOT NULL DEFAULT 0;
UPDATE users SET namesake = 1 WHERE id NOT IN (SELECT min(id) FROM users GROUP BY lower(username));
CREATE UNIQUE INDEX users_username_lower ON users (lower(username)) WHERE namesake = 0;

-- An adopted table cannot be given a foreign key, so triggers hold what PostgreSQL's foreign key holds.
CREATE TABLE roles (name TEXT PRIMARY KEY);
INSERT INTO roles (name) VALUES ('user'), ('admin');
CREATE TRIGGER users_role_added BEFORE INSERT ON users
WHEN NOT EXISTS (SELECT 1 FROM roles WHERE name = NEW.role)
BEGIN
    SELECT RAISE(ABORT, 'no such role');
END;
CREATE TRIGGER users_role_changed BEFORE UPDATE OF role ON users
WHEN NOT EXISTS (SELECT 1 FROM roles WHERE name = NEW.role)
BEGIN
    SELECT RAISE(ABORT, 'no such role');
END;

-- A tutorial's row may hold a role that nobody gave a meaning, or none; such a person is a user.
CREATE VIEW people AS
SELECT users.id, username, email, password, coalesce(roles.name, 'user') AS role, created_at
FROM users LEFT JOIN roles ON roles.name = users.role;

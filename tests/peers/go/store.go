package main

import (
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3"
)

const (
	stored = "2006-01-02 15:04:05"
	// A session that is not remembered ends an hour after it was last seen, or a day after the log-in.
	idle, absolute = time.Hour, 24 * time.Hour
	// A user who was away for longer begins another visit; a session's use is written once a minute.
	visitEndsAfter, seenEvery = time.Hour, time.Minute
	// What db/sqlite.py sets for each connection.
	settings = "?_journal_mode=WAL&_synchronous=FULL&_foreign_keys=on&_busy_timeout=5000&_txlock=immediate"
	// Latchkey has as many threads for pages in each process, each with a connection of its own.
	connections = 16
)

// store is the database with the prepared statements that the pages need, those of db/sessions.py, db/events.py and
// db/dashboard.py.
type store struct {
	db                                                 *sql.DB
	person, byToken, touch, add, record, latest, facts *sql.Stmt
}

// session is a row of own_sessions: a session and its user.
type session struct {
	ID                      string
	ConfirmedAt, LastSeenAt time.Time
	lastVisitAt, endedAt    sql.NullString
	Device                  string
	userID                  int64
	Username, Role          string
	createdAt               string
	disabledAt, deletionAt  sql.NullString
}

// facts is what the dashboard tells of a user: sessions not marked as ended, in no order, numbers by kind of event and
// day, failed log-ins since the last visit, and when the password was changed, or "".
type facts struct {
	sessions []session
	days     map[[2]string]int
	failed   int
	changed  string
}

// open returns the database; a new one gets its tables from Latchkey's migrations, and ada in them.
func open(path, migrations string) *store {
	db, err := sql.Open("sqlite3", "file:"+path+settings)
	must(err)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	if !has(db, "users") {
		migrate(db, migrations)
		_, err = db.Exec(`INSERT INTO users (username, email, password) VALUES ('ada', 'ada@example.com', ?)`,
			hashed("correct horse battery", random(32)))
		must(err)
	}
	return prepared(db)
}

func has(db *sql.DB, table string) bool {
	var number int
	must(db.QueryRow("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", table).Scan(&number))
	return number > 0
}

func migrate(db *sql.DB, folder string) {
	paths, err := filepath.Glob(folder + "/*.sql")
	must(err)
	for _, path := range paths {
		if !strings.Contains(path, ".postgres.") {
			script, err := os.ReadFile(path)
			must(err)
			_, err = db.Exec(string(script))
			must(err)
		}
	}
}

func prepared(db *sql.DB) *store {
	prepare := func(query string) *sql.Stmt {
		statement, err := db.Prepare(query)
		must(err)
		return statement
	}
	return &store{
		db:     db,
		person: prepare("SELECT id, username, password FROM people WHERE email = ?"),
		byToken: prepare(`SELECT session_id, confirmed_at, last_seen_at, last_visit_at, ended_at, device, id, username,
			role, created_at, disabled_at, deletion_at FROM own_sessions WHERE token_hash = ?`),
		touch: prepare(`UPDATE sessions SET
			last_visit_at = CASE WHEN last_seen_at < ?1 THEN last_seen_at ELSE last_visit_at END,
			last_seen_at = ?2, ends_at = ?3 WHERE id = ?4 AND last_seen_at < ?2`),
		add: prepare(`INSERT INTO sessions
			(id, token_hash, user_id, remember, created_at, confirmed_at, last_seen_at, ends_at, last_visit_at, device, address)
			VALUES (?1, ?2, ?3, 0, ?4, ?4, ?4, ?5, ?6, 'Unknown browser', ?7)`),
		record: prepare(`INSERT INTO events (user_id, kind, session_id, actor, address, device, detail, created_at)
			VALUES (?, ?, ?, ?, ?, 'Unknown browser', '', ?)`),
		latest: prepare("SELECT max(created_at) FROM events WHERE user_id = ? AND kind = ?"),
		// ?1 is the user, ?2 the first day, ?3 the last visit, ?4 its day, and ?5 the end of that day.
		facts: prepare(`SELECT 'session' AS part, id, remember, created_at, confirmed_at, last_seen_at, last_visit_at,
				ended_at, device, address
			FROM sessions WHERE user_id = ?1 AND ended_at IS NULL
			UNION ALL
			SELECT 'day', kind, number, day, NULL, NULL, NULL, NULL, NULL, NULL
			FROM user_days WHERE user_id = ?1 AND day >= ?2
			UNION ALL
			SELECT 'failed', NULL,
				(SELECT coalesce(sum(number), 0) FROM user_days
				WHERE user_id = ?1 AND kind = 'login_failed' AND day > ?4)
				+ (SELECT count(*) FROM events WHERE user_id = ?1 AND kind = 'login_failed'
				AND created_at >= ?3 AND created_at < ?5),
				NULL, NULL, NULL, NULL, NULL, NULL, NULL
			UNION ALL
			SELECT 'changed', max(created_at), 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL
			FROM events WHERE user_id = ?1 AND kind = 'password_changed'`),
	}
}

// logIn checks the password and begins a session; it returns the token, of which only the hash is kept.
func (s *store) logIn(email, password, address string, now time.Time) (string, bool) {
	var id sql.NullInt64
	var name, kept string
	err := s.person.QueryRow(email).Scan(&id, &name, &kept)
	if err == sql.ErrNoRows {
		kept, err = decoy, nil
	}
	must(err)
	if !fits(password, kept) {
		_, err = s.record.Exec(id, "login_failed", nil, "", address, now.Format(stored))
		must(err)
		return "", false
	}
	return s.start(id.Int64, name, address, now), true
}

func (s *store) start(id int64, name, address string, now time.Time) string {
	token, sessionID := base64.RawURLEncoding.EncodeToString(random(32)), hex.EncodeToString(random(8))
	at := now.Format(stored)
	var visitedAt sql.NullString
	must(s.latest.QueryRow(id, "logged_in").Scan(&visitedAt))
	transaction, err := s.db.Begin()
	must(err)
	defer func() { _ = transaction.Rollback() }()
	_, err = transaction.Stmt(s.add).Exec(sessionID, digest(token), id, at, now.Add(idle).Format(stored), visitedAt, address)
	must(err)
	_, err = transaction.Stmt(s.record).Exec(id, "logged_in", sessionID, name, address, at)
	must(err)
	must(transaction.Commit())
	return token
}

// find returns the session with this token, live or not.
func (s *store) find(token string) (found session, ok bool) {
	var confirmed, seen string
	err := s.byToken.QueryRow(digest(token)).Scan(&found.ID, &confirmed, &seen, &found.lastVisitAt, &found.endedAt,
		&found.Device, &found.userID, &found.Username, &found.Role, &found.createdAt, &found.disabledAt,
		&found.deletionAt)
	if err == sql.ErrNoRows {
		return session{}, false
	}
	must(err)
	found.ConfirmedAt, found.LastSeenAt = moment(confirmed), moment(seen)
	return found, true
}

// see notes that the session was used, which moves its idle end, once a minute at most.
func (s *store) see(session session, now time.Time) session {
	if now.Sub(session.LastSeenAt) < seenEvery {
		return session
	}
	session.LastSeenAt = now
	_, err := s.touch.Exec(now.Add(-visitEndsAfter).Format(stored), now.Format(stored), session.end().Format(stored), session.ID)
	must(err)
	return session
}

// read returns the facts about this session's user, the days from sinceDay on, and failed log-ins since visitAt.
func (s *store) read(here session, sinceDay, visitAt string) facts {
	rows, err := s.facts.Query(here.userID, sinceDay, visitAt, visitAt[:10], visitAt[:10]+" 24")
	must(err)
	defer rows.Close()
	told := facts{days: map[[2]string]int{}}
	for rows.Next() {
		one := here // The same user's.
		var part string
		var number int
		var name, at, confirmed, seen, device, address sql.NullString
		must(rows.Scan(&part, &name, &number, &at, &confirmed, &seen, &one.lastVisitAt, &one.endedAt, &device,
			&address))
		switch part {
		case "session":
			one.ID, one.Device = name.String, device.String
			one.ConfirmedAt, one.LastSeenAt = moment(confirmed.String), moment(seen.String)
			told.sessions = append(told.sessions, one)
		case "day":
			told.days[[2]string{name.String, at.String}] = number
		case "failed":
			told.failed = number
		case "changed":
			told.changed = name.String
		}
	}
	must(rows.Err())
	return told
}

func (s session) end() time.Time {
	end, last := s.LastSeenAt.Add(idle), s.ConfirmedAt.Add(absolute)
	if end.Before(last) {
		return end
	}
	return last
}

func (s session) isLive(now time.Time) bool {
	isGone := s.deletionAt.Valid && s.deletionAt.String <= now.Format(stored)
	return !s.endedAt.Valid && !s.disabledAt.Valid && !isGone && now.Before(s.end())
}

func moment(text string) time.Time {
	at, err := time.Parse(stored, text)
	must(err)
	return at
}

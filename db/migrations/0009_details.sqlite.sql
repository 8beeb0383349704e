-- An event's detail is stored as data (JSON), and becomes a sentence when it is read. Details that were stored in
-- English are converted; a text that fits no pattern stays whole, as `text`.
UPDATE events SET detail = json_object('device', detail) WHERE kind LIKE 'session\_%' ESCAPE '\' AND detail <> '';
UPDATE events SET detail = json_object('refused', 'disabled') WHERE kind = 'login_failed' AND detail = 'disabled';
-- A new name or address contains no blank; an old address from the tutorial may.
UPDATE events SET detail = json_object(
    'old', substr(detail, 6, length(rtrim(detail, replace(detail, ' ', ''))) - 9),
    'new', substr(detail, length(rtrim(detail, replace(detail, ' ', ''))) + 1)
) WHERE kind IN ('username_changed', 'email_changed') AND detail LIKE 'from % to %';
UPDATE events SET detail = json_object(
    'old', substr(detail, 6, instr(detail, ' to ') - 6),
    'new', substr(detail || ': ', instr(detail, ' to ') + 4,
                  instr(substr(detail || ': ', instr(detail, ' to ') + 4), ': ') - 1),
    'why', substr(detail, instr(detail, ' to ') + 5 + instr(substr(detail || ': ', instr(detail, ' to ') + 4), ': '))
) WHERE kind = 'role_changed' AND detail LIKE 'from % to %';
CREATE TEMPORARY TABLE told_limits (about TEXT PRIMARY KEY, kind TEXT NOT NULL);
INSERT INTO told_limits VALUES
    ('Failed log-ins from unknown browsers', 'account'),
    ('100 failed log-ins in a row from unknown browsers', 'row'),
    ('Failed log-ins in a minute', 'minute'),
    ('Failed log-ins in an hour', 'hour'),
    ('Failed log-ins from a known browser', 'device'),
    ('A browser that is no longer known', 'device row'),
    ('Wrong passwords in an open session', 'session'),
    ('An open session that guesses on', 'session row'),
    ('Sign-ups', 'sign-ups'),
    ('Names and addresses that are taken', 'taken'),
    ('Passwords rated in a minute', 'ratings'),
    ('Log-ins to one account', 'log-ins'),
    ('Log-ins from one network', 'log-ins here'),
    ('The same act in one account', 'acts'),
    ('Acts of one admin', 'admin acts');
UPDATE events SET detail = coalesce((
    SELECT json_object('limit', told_limits.kind, 'label', trim(substr(detail, length(about) + 1)))
    FROM told_limits WHERE substr(detail || ' ', 1, length(about) + 1) = about || ' ' ORDER BY length(about) DESC LIMIT 1
), detail) WHERE kind = 'block_lifted' AND detail <> '';
DROP TABLE told_limits;
UPDATE events SET detail = json_object('why', detail)
WHERE detail <> '' AND kind IN ('disabled', 'enabled', 'signed_out');
UPDATE events SET detail = json_object('text', detail)
WHERE detail <> '' AND (substr(detail, 1, 1) <> '{' OR NOT json_valid(detail));

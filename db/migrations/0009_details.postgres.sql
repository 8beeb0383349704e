-- An event's detail is stored as data (JSON), and becomes a sentence when it is read. Details that were stored in
-- English are converted; a text that fits no pattern stays whole, as `text`.
UPDATE events SET detail = json_build_object('device', detail)::text WHERE kind LIKE 'session\_%' AND detail <> '';
UPDATE events SET detail = json_build_object('refused', 'disabled')::text
WHERE kind = 'login_failed' AND detail = 'disabled';
-- A new name or address contains no blank; an old address from the tutorial may.
UPDATE events SET detail = json_build_object(
    'old', substring(detail FROM '^from (.*) to \S*$'), 'new', substring(detail FROM '^from .* to (\S*)$')
)::text WHERE kind IN ('username_changed', 'email_changed') AND detail ~ '^from .* to \S*$';
UPDATE events SET detail = json_build_object(
    'old', substring(detail FROM '^from (.*?) to '),
    'new', split_part(substring(detail FROM '^from .*? to (.*)$'), ': ', 1),
    'why', coalesce(substring(detail FROM '^from .*? to .*?: (.*)$'), '')
)::text WHERE kind = 'role_changed' AND detail ~ '^from .* to ';
UPDATE events SET detail = coalesce((
    SELECT json_build_object('limit', told_limits.kind, 'label', trim(substr(detail, length(about) + 1)))::text
    FROM (VALUES
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
    ('Acts of one admin', 'admin acts')
    ) AS told_limits (about, kind)
    WHERE substr(detail || ' ', 1, length(about) + 1) = about || ' ' ORDER BY length(about) DESC LIMIT 1
), detail) WHERE kind = 'block_lifted' AND detail <> '';
UPDATE events SET detail = json_build_object('why', detail)::text
WHERE detail <> '' AND kind IN ('disabled', 'enabled', 'signed_out');
UPDATE events SET detail = json_build_object('text', detail)::text WHERE detail <> '' AND left(detail, 1) <> '{';

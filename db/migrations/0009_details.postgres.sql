-- What an event has to say beside its kind is data, and becomes a sentence where it is read. What was stored in English
-- is carried over; a text that nobody can take apart stays whole, as what was said.
UPDATE events SET detail = json_build_object('device', detail)::text WHERE kind LIKE 'session\_%' AND detail <> '';
UPDATE events SET detail = json_build_object('refused', 'disabled')::text
WHERE kind = 'login_failed' AND detail = 'disabled';
-- A new name or address holds no blank; an old address of the tutorial's may.
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

-- How many users logged in on each day that is summed up already: the overview of admins shows a week of them.
INSERT INTO event_days (day, kind, number)
SELECT day, 'visitors', count(*) FROM user_days
WHERE kind = 'logged_in' AND day <= coalesce((SELECT max(day) FROM event_days), '') GROUP BY day
ON CONFLICT (kind, day) DO NOTHING;

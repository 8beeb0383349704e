-- The time zone that a user reads moments in, such as `Europe/Berlin`; where it is NULL the browser says.
ALTER TABLE users ADD COLUMN time_zone TEXT CHECK (length(time_zone) <= 64);

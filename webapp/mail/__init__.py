"""Mail: what the outbox holds is made into messages, and handed to a relay by a thread of each server process."""

-- migrate:up
-- The audit trail is also read in order of time.
ALTER TABLE event ADD KEY event_at (at);

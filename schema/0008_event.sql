-- migrate:up
-- The audit trail: one row a change, in the stream of a person and week, numbered by seq. It is
-- also the memory of idempotency keys: after_json is the reply. mac covers the event, digest stands
-- in it for salt, before_json and after_json, so that these can be erased without breaking the chain.
CREATE TABLE event (
    person_id INT UNSIGNED NOT NULL,
    week INT UNSIGNED NOT NULL,
    seq INT UNSIGNED NOT NULL,
    actor_id INT UNSIGNED NOT NULL,
    action TINYINT UNSIGNED NOT NULL,
    entry_id BIGINT UNSIGNED NULL,
    at DATETIME(6) NOT NULL,
    ikey VARBINARY(64) NULL,
    request_hash BINARY(32) NULL,
    salt BINARY(16) NULL,
    digest BINARY(32) NOT NULL,
    mac BINARY(32) NOT NULL,
    before_json VARBINARY(8000) NULL,
    after_json VARBINARY(8000) NULL,
    PRIMARY KEY (person_id, week, seq),
    UNIQUE KEY event_ikey (actor_id, ikey),
    CONSTRAINT event_key_has_hash CHECK (ikey IS NULL OR request_hash IS NOT NULL)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

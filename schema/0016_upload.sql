-- migrate:up
-- An upload and what became of its rows. mode: 0 atomic, 1 partial. state: 0 running (its client may
-- go on with it under the same key), 1 finished. done: rows whose outcome is stored.
CREATE TABLE upload (
    id BIGINT UNSIGNED NOT NULL,
    actor_id INT UNSIGNED NOT NULL,
    source_id INT UNSIGNED NULL,
    mode TINYINT NOT NULL,
    state TINYINT NOT NULL,
    received INT UNSIGNED NOT NULL,
    done INT UNSIGNED NOT NULL DEFAULT 0,
    created INT UNSIGNED NOT NULL DEFAULT 0,
    updated INT UNSIGNED NOT NULL DEFAULT 0,
    unchanged INT UNSIGNED NOT NULL DEFAULT 0,
    removed INT UNSIGNED NOT NULL DEFAULT 0,
    rejected INT UNSIGNED NOT NULL DEFAULT 0,
    created_at DATETIME(6) NOT NULL,
    finished_at DATETIME(6) NULL,
    PRIMARY KEY (id),
    KEY upload_actor (actor_id, id),
    CONSTRAINT upload_mode CHECK (mode BETWEEN 0 AND 1),
    CONSTRAINT upload_state CHECK (state BETWEEN 0 AND 1)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

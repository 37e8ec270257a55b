-- migrate:up
-- What is left of a deleted entry: whose it was and which version was deleted, so that a repeated
-- DELETE answers as the first did.
CREATE TABLE entry_deleted (
    id BIGINT UNSIGNED NOT NULL,
    person_id INT UNSIGNED NOT NULL,
    version INT UNSIGNED NOT NULL,
    deleted_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

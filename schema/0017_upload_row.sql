-- migrate:up
-- outcome: 0 created, 1 updated, 2 unchanged, 3 removed, 4 rejected (problem says why, as JSON).
CREATE TABLE upload_row (
    upload_id BIGINT UNSIGNED NOT NULL,
    row_no INT UNSIGNED NOT NULL,
    external_id VARBINARY(128) NULL,
    outcome TINYINT NOT NULL,
    entry_id BIGINT UNSIGNED NULL,
    problem VARBINARY(4000) NULL,
    PRIMARY KEY (upload_id, row_no),
    CONSTRAINT upload_row_outcome CHECK (outcome BETWEEN 0 AND 4)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

-- migrate:up
-- Clustered by person and date, so that a person's list is one range read. The project's code
-- stands here too, so that the list needs no join. Ids are made by the worker.
-- status: 0 draft, 1 submitted, 2 approved, 3 rejected. entry_decider: nobody decides their own
-- entries, nor one whose content they last changed.
CREATE TABLE entry (
    person_id INT UNSIGNED NOT NULL,
    work_date DATE NOT NULL,
    id BIGINT UNSIGNED NOT NULL,
    project_id INT UNSIGNED NOT NULL,
    project_code VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    minutes SMALLINT NOT NULL,
    status TINYINT NOT NULL,
    version INT UNSIGNED NOT NULL DEFAULT 1,
    note VARCHAR(500) NOT NULL,
    reason VARCHAR(500) NOT NULL DEFAULT '',
    edited_by INT UNSIGNED NOT NULL,
    decided_by INT UNSIGNED NULL,
    decided_at DATETIME(6) NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (person_id, work_date, id),
    UNIQUE KEY entry_id (id),
    CONSTRAINT entry_minutes CHECK (minutes BETWEEN 1 AND 1440),
    CONSTRAINT entry_status CHECK (status BETWEEN 0 AND 3),
    CONSTRAINT entry_decider CHECK (
        decided_by IS NULL OR (decided_by <> person_id AND decided_by <> edited_by))
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

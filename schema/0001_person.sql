-- migrate:up
-- Subjects, e-mail addresses and employee numbers are compared as bytes: a collation that takes
-- a and A for the same would mix up people. A row without sub was made by an admin and waits to
-- be claimed. user_id is what replies show; it never changes.
CREATE TABLE person (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    sub VARBINARY(255) NULL,
    email VARBINARY(254) NULL,
    user_id VARBINARY(255) NOT NULL,
    name VARCHAR(200) NOT NULL DEFAULT '',
    kind TINYINT NOT NULL,
    employee_number VARBINARY(64) NULL,
    active_from DATE NULL,
    active_to DATE NULL,
    claimed_at DATETIME(6) NULL,
    version INT UNSIGNED NOT NULL DEFAULT 1,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY person_sub (sub),
    UNIQUE KEY person_user_id (user_id),
    UNIQUE KEY person_employee_number (employee_number),
    KEY person_email (email),
    CONSTRAINT person_kind CHECK (kind BETWEEN 0 AND 1),
    CONSTRAINT person_active CHECK (active_from IS NULL OR active_to IS NULL OR active_from <= active_to)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

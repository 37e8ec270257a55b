-- migrate:up
-- state: 0 open, 1 closed. The code is compared byte for byte.
CREATE TABLE project (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    code VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    name VARCHAR(200) NOT NULL,
    customer VARCHAR(200) NOT NULL DEFAULT '',
    state TINYINT NOT NULL DEFAULT 0,
    starts_on DATE NULL,
    ends_on DATE NULL,
    version INT UNSIGNED NOT NULL DEFAULT 1,
    PRIMARY KEY (id),
    UNIQUE KEY project_code (code),
    CONSTRAINT project_state CHECK (state BETWEEN 0 AND 1),
    CONSTRAINT project_dates CHECK (starts_on IS NULL OR ends_on IS NULL OR starts_on <= ends_on)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

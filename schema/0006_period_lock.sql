-- migrate:up
-- One row: no change for dates up to and including locked_through.
CREATE TABLE period_lock (
    id TINYINT NOT NULL,
    locked_through DATE NULL,
    PRIMARY KEY (id),
    CONSTRAINT period_lock_one_row CHECK (id = 1)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

-- migrate:up
-- One row a person and ISO week (202648; 0 = the person's own stream of events, no week), made by
-- its first change. Every change of an entry writes it first: it is the lock of the week's entries,
-- holds the 24-hour rule and the head of the chain of events.
-- d1..d7: minutes Monday..Sunday. locked_days: how many leading days lie inside the period lock.
-- seq, head: number of events and SHA-256 over (head before, the newest event's mac).
CREATE TABLE week (
    person_id INT UNSIGNED NOT NULL,
    week INT UNSIGNED NOT NULL,
    d1 SMALLINT NOT NULL DEFAULT 0,
    d2 SMALLINT NOT NULL DEFAULT 0,
    d3 SMALLINT NOT NULL DEFAULT 0,
    d4 SMALLINT NOT NULL DEFAULT 0,
    d5 SMALLINT NOT NULL DEFAULT 0,
    d6 SMALLINT NOT NULL DEFAULT 0,
    d7 SMALLINT NOT NULL DEFAULT 0,
    n_draft SMALLINT NOT NULL DEFAULT 0,
    n_submitted SMALLINT NOT NULL DEFAULT 0,
    n_approved SMALLINT NOT NULL DEFAULT 0,
    n_rejected SMALLINT NOT NULL DEFAULT 0,
    locked_days TINYINT NOT NULL DEFAULT 0,
    version INT UNSIGNED NOT NULL DEFAULT 0,
    seq INT UNSIGNED NOT NULL DEFAULT 0,
    head BINARY(32) NOT NULL,
    PRIMARY KEY (person_id, week),
    CONSTRAINT week_day_minutes CHECK (
        d1 BETWEEN 0 AND 1440 AND d2 BETWEEN 0 AND 1440 AND d3 BETWEEN 0 AND 1440 AND
        d4 BETWEEN 0 AND 1440 AND d5 BETWEEN 0 AND 1440 AND d6 BETWEEN 0 AND 1440 AND
        d7 BETWEEN 0 AND 1440),
    CONSTRAINT week_counts CHECK (
        n_draft >= 0 AND n_submitted >= 0 AND n_approved >= 0 AND n_rejected >= 0),
    CONSTRAINT week_locked_days CHECK (locked_days BETWEEN 0 AND 7)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

-- migrate:up
-- empty_status: what was said of the week while it has no entries, as an entry's status: 0 nothing,
-- 1 submitted, 2 approved, 3 rejected (with reason). Nobody decides their own week.
ALTER TABLE week
    ADD COLUMN empty_status TINYINT NOT NULL DEFAULT 0,
    ADD COLUMN reason VARCHAR(500) NOT NULL DEFAULT '',
    ADD COLUMN decided_by INT UNSIGNED NULL,
    ADD KEY week_week (week, person_id),
    ADD CONSTRAINT week_empty_status CHECK (empty_status BETWEEN 0 AND 3),
    ADD CONSTRAINT week_decider CHECK (
        decided_by IS NULL OR (decided_by <> person_id AND decided_by < 2147483648));

-- migrate:up
-- source, external_id: where an uploaded entry comes from, NULL for the others.
-- edited_by may be a client (ids from 2147483648, see client); who decides is a person, always, and
-- a rejection has a reason. entry_status serves the inbox (the project is in it so that a filter reads
-- no other rows), entry_project the reports.
ALTER TABLE entry
    ADD COLUMN source VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    ADD COLUMN external_id VARBINARY(128) NULL,
    ADD KEY entry_status (status, work_date, id, project_id),
    ADD KEY entry_project (project_id, work_date, status, minutes, person_id),
    ADD CONSTRAINT entry_decider_person CHECK (decided_by IS NULL OR decided_by < 2147483648),
    ADD CONSTRAINT entry_reason CHECK (status <> 3 OR CHAR_LENGTH(reason) > 0);

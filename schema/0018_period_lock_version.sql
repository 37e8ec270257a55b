-- migrate:up
ALTER TABLE period_lock ADD COLUMN version INT UNSIGNED NOT NULL DEFAULT 1;

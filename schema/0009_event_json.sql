-- migrate:up
-- The reply of a whole week is longer than that of one entry.
ALTER TABLE event MODIFY before_json MEDIUMBLOB NULL, MODIFY after_json MEDIUMBLOB NULL;

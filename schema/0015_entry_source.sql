-- migrate:up
-- What was last uploaded under an external id: the entry it became and the SHA-256 of its content.
-- content_hash NULL: removed by its source. The row stays when the owner deletes the entry, so that
-- it is not made again.
CREATE TABLE entry_source (
    source_id INT UNSIGNED NOT NULL,
    external_id VARBINARY(128) NOT NULL,
    entry_id BIGINT UNSIGNED NOT NULL,
    content_hash BINARY(32) NULL,
    PRIMARY KEY (source_id, external_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

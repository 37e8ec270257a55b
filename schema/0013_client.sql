-- migrate:up
-- Applications that upload. Their ids begin where those of persons end, so that an actor's id says
-- which of the two it is.
CREATE TABLE client (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    client_id VARBINARY(255) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY client_client_id (client_id)
) ENGINE=InnoDB AUTO_INCREMENT=2147483648 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

-- migrate:up
INSERT INTO period_lock (id, locked_through) VALUES (1, NULL);

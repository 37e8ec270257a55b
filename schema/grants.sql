-- What the workers' account may do, table by table: no DDL, nothing on tables it does not use, and
-- the audit trail can only grow. Run it in the database of the service, by an account that may
-- grant, after 'ts_app'@'localhost' was made and the migrations ran. Running it again changes nothing.
-- A right that is no longer listed here must be taken away by hand (REVOKE).
GRANT SELECT, INSERT, UPDATE ON person TO 'ts_app'@'localhost';
GRANT SELECT, INSERT, UPDATE ON project TO 'ts_app'@'localhost';
GRANT SELECT, INSERT, UPDATE ON week TO 'ts_app'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON entry TO 'ts_app'@'localhost';
GRANT SELECT, INSERT ON entry_deleted TO 'ts_app'@'localhost';
GRANT SELECT, UPDATE ON period_lock TO 'ts_app'@'localhost';
GRANT SELECT, INSERT ON client TO 'ts_app'@'localhost';
GRANT SELECT, INSERT, UPDATE ON source TO 'ts_app'@'localhost';
GRANT SELECT, INSERT, UPDATE ON entry_source TO 'ts_app'@'localhost';
GRANT SELECT, INSERT, UPDATE ON upload TO 'ts_app'@'localhost';
GRANT SELECT, INSERT ON upload_row TO 'ts_app'@'localhost';
GRANT SELECT, INSERT ON event TO 'ts_app'@'localhost';
GRANT SELECT ON schema_migration TO 'ts_app'@'localhost';

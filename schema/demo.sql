-- Demo data for a local stack. Running it again changes nothing.
SET NAMES utf8mb4;

INSERT INTO project (code, name, customer, state, starts_on, ends_on) VALUES
    ('StoreZero', 'StoreZero', 'StoreZero Retail Group', 0, NULL, NULL),
    ('NORTH-01', 'Harbour terminal control system', 'Northern Ports AG', 0, '2025-03-01', NULL),
    ('NORTH-02', 'Harbour terminal maintenance', 'Northern Ports AG', 0, NULL, NULL),
    ('RAIL-7', 'Timetable planning', 'Lakeside Railways', 0, '2026-01-01', '2099-12-31'),
    ('CLINIC', 'Appointment service', 'St. Anna Clinic', 0, NULL, NULL),
    ('BAKERY', 'Web shop', 'Müller Bakeries', 1, '2023-01-09', NULL),
    ('MUSEUM-24', 'Exhibition guide 2024', 'City Museum', 0, '2024-01-01', '2024-12-31'),
    ('INTERNAL', 'Internal work', 'ABC Inc.', 0, NULL, NULL)
ON DUPLICATE KEY UPDATE code = project.code;

-- A contractor whom an admin has entered already. The first login with this verified address
-- claims the row. Employee number 007 is how his uploads name him.
INSERT INTO person (email, user_id, name, kind, employee_number, created_at) VALUES
    ('carl@contractors.example', 'carl@contractors.example', 'Carl Contractor', 1, '007', '2026-01-05 09:00:00')
ON DUPLICATE KEY UPDATE employee_number = COALESCE(person.employee_number, VALUES(employee_number));

-- The machine client of the development tenant uploads for the tool that contractors use.
INSERT INTO client (client_id, created_at) VALUES ('TsM2m000000000000000000000000001', '2026-01-05 09:00:00')
ON DUPLICATE KEY UPDATE client_id = client.client_id;
INSERT INTO source (name, client, created_at)
    SELECT 'contractor-tool', id, created_at FROM client WHERE client_id = 'TsM2m000000000000000000000000001'
ON DUPLICATE KEY UPDATE client = source.client;

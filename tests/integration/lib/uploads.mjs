// Uploads: who sends them, for which source, in which form; and what is stored of them.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { checkBooksOf } from './audit.mjs';
import { Caller, newPerson } from './caller.mjs';
import { expectProblem, expectStatus } from './check.mjs';
import { one, personIdOf, query } from './database.mjs';
import { stack } from './stack.mjs';
import { mint } from './tenant.mjs';

export const UPLOAD = '/api/timesheets/upload';
export const NDJSON = 'application/x-ndjson';
export const CSV = 'text/csv';

const unique = () => randomBytes(6).toString('hex');

/** A machine by the id of its application. */
export async function newMachine(client = stack.TS_MACHINE_CLIENT_ID, scopes = ['batch:upload']) {
  const payload = {
    sub: `${client}@clients`,
    azp: client,
    gty: 'client-credentials',
    scope: scopes.join(' '),
    permissions: scopes,
  };
  return new Caller(await mint({ payload, ttl: 3600 }), payload);
}

/** The number of an application, which is made known when it is not. */
export async function clientNumber(client = stack.TS_MACHINE_CLIENT_ID) {
  await query(
    'INSERT INTO client (client_id, created_at) VALUES (?, NOW(6)) ON DUPLICATE KEY UPDATE id = id',
    Buffer.from(client),
  );
  return (await one('SELECT id FROM client WHERE client_id = ?', Buffer.from(client))).id;
}

/** A new source of an application, as an admin would make it; resolves with its name. */
export async function newSource(client) {
  const name = `tool-${unique()}`;
  await query('INSERT INTO source (name, client, created_at) VALUES (?, ?, NOW(6))', name, await clientNumber(client));
  return name;
}

/** A person whom uploads can name by e-mail address, employee number or subject. */
export async function newContractor(options) {
  const person = await newPerson({ kind: 'contractor', ...options });
  expectStatus(await person.get('/api/me'), 200);
  person.id = await personIdOf(person);
  person.number = `N${unique()}`;
  await query('UPDATE person SET employee_number = ? WHERE id = ?', Buffer.from(person.number), person.id);
  return person;
}

/** A row as most tests need one. */
export const rowOf = (person, more) => ({
  user_id: person.email,
  date: '2024-05-06',
  project: 'StoreZero',
  minutes: 60,
  ...more,
});

const cell = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** Rows in one of the forms. */
export const write = {
  json: (rows) => JSON.stringify(rows),
  ndjson: (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  csv: (rows) => {
    const names = [...new Set(rows.flatMap(Object.keys))];
    const lines = rows.map((row) => names.map((name) => cell(String(row[name] ?? ''))).join(','));
    return `${[names.join(','), ...lines].join('\r\n')}\r\n`;
  },
};

/** Sends rows (or a body as text). */
export function upload(caller, rows, { source, mode, dryRun, key, type = 'application/json', ...options } = {}) {
  const query = new URLSearchParams({
    ...(source && { source }),
    ...(mode && { mode }),
    ...(dryRun !== undefined && { dry_run: String(dryRun) }),
  });
  return caller.send('POST', `${UPLOAD}${query.size > 0 ? `?${query}` : ''}`, {
    body: typeof rows === 'string' || Buffer.isBuffer(rows) ? rows : JSON.stringify(rows),
    headers: { 'Content-Type': type, ...(key && { 'Idempotency-Key': key }) },
    timeoutMs: 60_000,
    ...options,
  });
}

const COUNTS = ['created', 'updated', 'unchanged', 'removed', 'rejected'];

/** The numbers of a report are those of its rows, and each row is there in its place. */
export function checkReport(report, received) {
  assert.equal(report.received, received);
  assert.deepEqual(
    report.rows.map(({ row }) => row),
    Array.from({ length: received }, (_, index) => index + 1),
    'every row, in order',
  );
  for (const name of COUNTS)
    assert.equal(report.rows.filter(({ outcome }) => outcome === name).length, report[name], name);
  for (const row of report.rows) {
    if (row.outcome !== 'rejected') {
      assert.equal(row.problem ?? null, null, `row ${row.row} has no problem`);
      continue;
    }
    assert.ok(row.problem.errors.length > 0, `row ${row.row} says what is wrong`);
    for (const { pointer, code, detail } of row.problem.errors) {
      assert.equal(typeof pointer, 'string');
      assert.ok(code.length > 0 && detail.length > 0, JSON.stringify(row));
    }
  }
  return report;
}

/** A report with just these numbers; those that are not named are 0. 201 when something was created, else 200. */
export function expectReport(reply, numbers, { status = numbers.created > 0 ? 201 : 200 } = {}) {
  const report = expectStatus(reply, status).json;
  const found = Object.fromEntries(COUNTS.filter((name) => report[name] !== 0).map((name) => [name, report[name]]));
  assert.deepEqual(found, numbers, reply.text.slice(0, 2000));
  return checkReport(
    report,
    Object.values(numbers).reduce((sum, n) => sum + n, 0),
  );
}

/** A refused atomic upload: 422 with the same rows, and nothing stored. */
export function expectRefused(reply, numbers) {
  const problem = expectProblem(reply, 422, 'upload-refused');
  assert.equal(problem.upload_id, null);
  const found = Object.fromEntries(COUNTS.filter((name) => problem[name] !== 0).map((name) => [name, problem[name]]));
  assert.deepEqual(found, numbers, reply.text.slice(0, 2000));
  return checkReport(
    problem,
    Object.values(numbers).reduce((sum, n) => sum + n, 0),
  );
}

/** What is wrong with the rows that were rejected: {1: 'approved'}. */
export const faultsOf = (report) =>
  Object.fromEntries(
    report.rows
      .filter(({ outcome }) => outcome === 'rejected')
      .map(({ row, problem }) => [row, problem.errors.map(({ code }) => code).join(' ')]),
  );

/** The entries that came from a source, by external id. */
export async function entriesOf(source) {
  const rows = await query('SELECT * FROM entry WHERE source = ? ORDER BY external_id', source);
  return Object.fromEntries(rows.map((row) => [row.external_id.toString(), row]));
}

/** Books of persons, and of the client whose uploads are a stream of their own. */
export async function checkAllBooks(...people) {
  for (const person of people) await checkBooksOf(person.id);
  await checkBooksOf(await clientNumber());
}

// The database, seen by its root: what is really stored, and states that no endpoint makes yet.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import mysql from 'mysql2/promise';
import { stack } from './stack.mjs';

const options = {
  socketPath: stack.TS_DB_SOCKET,
  user: stack.TS_DB_ROOT_USER,
  database: stack.TS_DB_NAME,
  charset: 'utf8mb4',
  timezone: 'Z',
  dateStrings: true,
  supportBigNumbers: true,
};
const pool = mysql.createPool({ ...options, connectionLimit: 3 });
after(() => pool.end());

/** Rows of a statement. A connection that a restart of the server cut is replaced once. */
export async function query(sql, ...values) {
  try {
    return (await pool.query(sql, values))[0];
  } catch (error) {
    if (!error.fatal) throw error;
    return (await pool.query(sql, values))[0];
  }
}

export async function one(sql, ...values) {
  const rows = await query(sql, ...values);
  assert.equal(rows.length, 1, `${rows.length} rows from ${sql} with ${JSON.stringify(values)}`);
  return rows[0];
}

/** Does the server take a new connection? */
export async function databaseAnswers() {
  let connection;
  try {
    connection = await mysql.createConnection({ ...options, connectTimeout: 500 });
    await connection.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    connection?.destroy();
  }
}

const TABLES = [
  'client',
  'entry',
  'entry_deleted',
  'entry_source',
  'event',
  'period_lock',
  'person',
  'project',
  'source',
  'upload',
  'upload_row',
  'week',
];

/** A fingerprint of everything that is stored. */
export async function snapshot() {
  const rows = await query(`CHECKSUM TABLE ${TABLES.join(', ')}`);
  return Object.fromEntries(rows.map(({ Table, Checksum }) => [Table.split('.')[1], Checksum]));
}

/** Runs something that must leave no trace in any table. */
export async function unchanged(action) {
  const before = await snapshot();
  const result = await action();
  assert.deepEqual(await snapshot(), before, 'something was stored');
  return result;
}

export async function personIdOf(caller) {
  return (await one('SELECT id FROM person WHERE sub = ?', Buffer.from(caller.sub))).id;
}

export const entryRow = (id) => one('SELECT * FROM entry WHERE id = ?', id);

export async function countEntries(caller) {
  return (
    await one(
      'SELECT COUNT(*) AS n FROM entry e JOIN person p ON p.id = e.person_id WHERE p.sub = ?',
      Buffer.from(caller.sub),
    )
  ).n;
}

/** Puts an entry of ours into a state that a manager's decision would have given it. */
export async function setStatus(id, status, { reason = status === 'rejected' ? 'Not yet right' : '' } = {}) {
  const numbers = { draft: 0, submitted: 1, approved: 2, rejected: 3 };
  const columns = ['n_draft', 'n_submitted', 'n_approved', 'n_rejected'];
  const row = await entryRow(id);
  await query(
    'UPDATE entry SET status = ?, reason = ?, version = version + 1 WHERE id = ?',
    numbers[status],
    reason,
    id,
  );
  await query(
    `UPDATE week SET ${columns[row.status]} = ${columns[row.status]} - 1, ${columns[numbers[status]]} = ${columns[numbers[status]]} + 1
     WHERE person_id = ? AND week = YEARWEEK(?, 3)`,
    row.person_id,
    row.work_date,
  );
  return `"e${row.version + 1}"`;
}

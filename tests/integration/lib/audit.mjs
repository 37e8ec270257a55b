// Checks of what must be true of a person's rows at any time: the week rows add up to the entries, and
// the chain of events can be replayed with the audit key (src/api/audit.c has the definition).
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { personIdOf, query } from './database.mjs';
import { secret } from './stack.mjs';

const EMPTY = Buffer.alloc(0);
const STATUS_COLUMNS = ['n_draft', 'n_submitted', 'n_approved', 'n_rejected'];

const u64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

/** Each part with its length before it, so that no two lists of parts look the same. */
const framed = (parts) => Buffer.concat(parts.flatMap((bytes) => [u64(bytes.length), bytes]));

/** A link of the chain, which is stored nowhere; the mac, which is, covers it and the event's number. */
function linkOf(event, key) {
  const numbers = [event.person_id, event.week, event.action, event.actor_id, event.entry_id ?? 0, event.at_us];
  const keyed = event.ikey !== null;
  const parts = [
    Buffer.concat(numbers.map(u64)),
    event.ikey ?? EMPTY,
    keyed ? event.request_hash : EMPTY,
    event.digest,
  ];
  return createHmac('sha256', key).update(framed(parts)).digest();
}

function digestOf(event) {
  const parts = [event.salt, event.before_json ?? EMPTY, event.after_json ?? EMPTY];
  return createHash('sha256').update(framed(parts)).digest();
}

export function eventsOf(personId) {
  return query(
    `SELECT *, CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', at) AS CHAR) AS at_us
     FROM event WHERE person_id = ? ORDER BY week, seq`,
    personId,
  );
}

function checkChain(row, events, key) {
  let head = Buffer.alloc(32);
  events.forEach((event, index) => {
    const where = `event ${event.seq} of person ${row.person_id} in ${row.week}`;
    assert.equal(event.seq, index + 1, `${where}: a gap`);
    assert.deepEqual(digestOf(event), event.digest, `${where}: the digest`);
    const link = linkOf(event, key);
    const mac = createHmac('sha256', key)
      .update(framed([u64(event.seq), link]))
      .digest();
    assert.deepEqual(mac, event.mac, `${where}: the mac`);
    head = createHash('sha256').update(head).update(link).digest();
  });
  assert.equal(row.seq, events.length, `person ${row.person_id}, week ${row.week}: the number of events`);
  assert.deepEqual(row.head, head, `person ${row.person_id}, week ${row.week}: the head of the chain`);
}

function checkSums(row, entries) {
  const days = Array(7).fill(0);
  const counts = Array(4).fill(0);
  for (const { day, minutes, status } of entries) {
    days[day] += minutes;
    counts[status] += 1;
  }
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7].map((day) => row[`d${day}`]),
    days,
    `minutes of week ${row.week}`,
  );
  assert.deepEqual(
    STATUS_COLUMNS.map((name) => row[name]),
    counts,
    `counts of week ${row.week}`,
  );
  for (const minutes of days) assert.ok(minutes <= 1440, 'more than 24 hours on a day');
}

/** Streams of events that are of no week, by the number that stands in place of one. */
export const STREAMS = { person: 0, project: 1, period: 2, source: 3, upload: 4 };

/** Proves the chain of a stream. Resolves with its events. */
export async function checkStream(id, number) {
  const [row] = await query('SELECT * FROM week WHERE person_id = ? AND week = ?', id, number);
  const events = (await eventsOf(id)).filter(({ week }) => week === number);
  assert.ok(row, `there is no stream ${number} of ${id}`);
  checkChain(row, events, secret('audit-key'));
  return events;
}

/** Proves all of a person's rows. Resolves with the week rows, by week number. */
export const checkBooks = async (caller) => checkBooksOf(await personIdOf(caller));

/** The same by number, also for a client's uploads. */
export async function checkBooksOf(personId) {
  const key = secret('audit-key');
  const weeks = await query('SELECT * FROM week WHERE person_id = ?', personId);
  const events = await eventsOf(personId);
  const entries = await query(
    'SELECT YEARWEEK(work_date, 3) AS week, WEEKDAY(work_date) AS day, minutes, status FROM entry WHERE person_id = ?',
    personId,
  );
  const known = new Set(weeks.map(({ week }) => week));
  for (const { week } of [...events, ...entries]) assert.ok(known.has(week), `there is no row for week ${week}`);
  for (const row of weeks) {
    checkChain(
      row,
      events.filter(({ week }) => week === row.week),
      key,
    );
    checkSums(
      row,
      entries.filter(({ week }) => week === row.week),
    );
  }
  return Object.fromEntries(weeks.map((row) => [row.week, row]));
}

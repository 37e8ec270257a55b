// Reports: hours that add up, CSV that is the same each time and harmless in a spreadsheet, whose data is in
// them, and long ones that are whole or visibly broken off.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import { after, before, describe, test } from 'node:test';
import { EMPLOYEE, MANAGER, newManager, newPerson, work } from './lib/caller.mjs';
import { expectFaults, expectNoScope, expectProblem, expectStatus, range, waitFor } from './lib/check.mjs';
import { personIdOf, query, setStatus } from './lib/database.mjs';
import { addDays, isoWeek, today, weekday } from './lib/dates.mjs';
import { ca, newAgent } from './lib/http.mjs';
import { isAlive, needsUp, pidOf, signal, stack, stackUp, workersOf } from './lib/stack.mjs';

const HOURS = '/api/reports/hours';
const MISSING = '/api/reports/missing';
const CSV = { headers: { Accept: 'text/csv' } };
const MINUTE = { timeout: 60_000 };

const hours = async (caller, parameters = '') => expectStatus(await caller.get(`${HOURS}?${parameters}`), 200).json;
const csv = async (caller, parameters = '', path = HOURS) =>
  expectStatus(await caller.get(`${path}?${parameters}`, CSV), 200);

/** RFC 4180, as a spreadsheet reads it: a list of rows of texts. */
function parseCsv(text) {
  const rows = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const match = cell.exec(text);
    assert.ok(match, `no CSV at byte ${at}: ${JSON.stringify(text.slice(at, at + 80))}`);
    rows.at(-1).push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
    if (match[3] === '\r\n') rows.push([]);
  }
  assert.deepEqual(rows.pop(), [], 'the last line ends');
  return rows;
}

/** Lines as objects by the names in the first; the last is the total. */
function table(text) {
  const [names, ...lines] = parseCsv(text);
  const rows = lines.map((cells) => {
    assert.equal(cells.length, names.length, cells.join());
    return Object.fromEntries(names.map((name, n) => [name, cells[n]]));
  });
  return { names, rows, total: rows.pop() };
}

const hundredths = (text) => {
  assert.match(text, /^\d+\.\d\d$/);
  return Number(text.replace('.', ''));
};
const sum = (values) => values.reduce((a, b) => a + b, 0);

/** A project that nothing but these tests books on, so that reports on everybody can be compared. */
async function newProject(more = {}) {
  const code = `R-${randomBytes(6).toString('hex')}`;
  const row = { code, name: 'Report project', customer: 'Report customer', ...more };
  await query('INSERT INTO project SET ?', row);
  return code;
}

/** What the database adds up of a project, from `submitted` on unless told. */
async function sums(code, where = 'e.status <> 0') {
  const [row] = await query(
    `SELECT COUNT(*) AS entries, CAST(COALESCE(SUM(minutes), 0) AS SIGNED) AS minutes
     FROM entry e JOIN project j ON j.id = e.project_id WHERE j.code = ? AND ${where}`,
    code,
  );
  return row;
}

describe('hours', () => {
  let ann;
  let bob;
  let manager;
  let code;

  before(async () => {
    code = await newProject({ name: '+Plus, "quoted"', customer: '=cmd|calc' });
    ann = await newPerson({ name: '@nn Employee' });
    bob = await newPerson({ name: '-Bob', kind: 'contractor' });
    manager = await newManager({ name: 'Mia Manager' });
    const book = async (who, more) => expectStatus(await who.post(work({ project: code, ...more })), 201).json;
    for (const n of range(12))
      await book(ann, { date: addDays('2024-01-29', n), minutes: 20, note: `=SUM(A${n})`, status: 'submitted' });
    await book(ann, { date: '2024-03-01', minutes: 100, status: 'draft', note: 'a draft' });
    await book(manager, { date: '2024-03-01', minutes: 33, status: 'draft' });
    for (const n of range(5)) {
      const { id } = await book(bob, { date: addDays('2024-12-28', n), minutes: 7 + n, note: `two\nlines, "${n}"` });
      if (n < 2) await setStatus(id, n === 0 ? 'approved' : 'rejected', { reason: n === 0 ? '' : 'why' });
    }
  });

  const range2024 = 'from=2024-01-01&to=2025-12-31';
  const groupings = ['project', 'person', 'week', 'month', 'status', 'person,project', 'month,person,status', 'entry'];

  for (const grouping of groupings) {
    test(`by ${grouping}: the totals are SQL's, and the rows add up to them (rule 1)`, async () => {
      const expected = await sums(code);
      const report = await hours(manager, `${range2024}&project=${code}&group_by=${grouping}`);
      assert.deepEqual(report.group_by, grouping.split(','));
      assert.equal(report.entries, expected.entries);
      assert.equal(report.minutes, expected.minutes);
      assert.equal(Math.round(report.hours * 100), Math.round((expected.minutes * 100) / 60));
      assert.equal(sum(report.rows.map((row) => row.entries)), report.entries);
      assert.equal(sum(report.rows.map((row) => row.minutes)), report.minutes);
      assert.equal(sum(report.rows.map((row) => Math.round(row.hours * 100))), Math.round(report.hours * 100));
      for (const row of report.rows) assert.ok(Math.abs(row.hours - row.minutes / 60) < 0.01, JSON.stringify(row));

      const { rows, total } = table((await csv(manager, `${range2024}&project=${code}&group_by=${grouping}`)).text);
      assert.deepEqual(
        rows.map((row) => [Number(row.minutes), hundredths(row.hours)]),
        report.rows.map((row) => [row.minutes, Math.round(row.hours * 100)]),
      );
      assert.equal(Object.values(total)[0], 'total');
      assert.equal(Number(total.minutes), expected.minutes);
      assert.equal(hundredths(total.hours), sum(rows.map((row) => hundredths(row.hours))));
    });
  }

  test('three times 20 minutes are an hour: 0.34 + 0.33 + 0.33', async () => {
    const report = await hours(ann, `from=2024-01-29&to=2024-01-31&project=${code}&group_by=entry`);
    assert.equal(report.hours, 1);
    assert.deepEqual(
      report.rows.map((row) => row.hours),
      [0.34, 0.33, 0.33],
    );
  });

  test('weeks are ISO weeks, months are calendar months, in the order of group_by', async () => {
    const report = await hours(manager, `${range2024}&project=${code}&group_by=month,week`);
    assert.deepEqual(
      report.rows.map((row) => [row.month, row.week, row.entries]),
      [
        ['2024-01', '2024-W05', 3],
        ['2024-02', '2024-W05', 4],
        ['2024-02', '2024-W06', 5],
        ['2024-12', '2024-W52', 2],
        ['2024-12', '2025-W01', 2],
        ['2025-01', '2025-W01', 1],
      ],
    );
  });

  test('the dates are bounds, both included', async () => {
    for (const [from, to, count] of [
      ['2024-01-29', '2024-01-29', 1],
      ['2024-01-30', '2024-02-01', 3],
      ['2024-01-01', '2024-01-28', 0],
    ])
      assert.equal((await hours(ann, `from=${from}&to=${to}&project=${code}`)).entries, count);
    const year = today().slice(0, 4);
    const report = await hours(ann);
    assert.deepEqual([report.from, report.to], [`${year}-01-01`, `${year}-12-31`]);
  });

  test('twice the same bytes, by any worker', async () => {
    for (const grouping of groupings) {
      const replies = await Promise.all(
        range(8).map(() => csv(manager, `${range2024}&project=${code}&group_by=${grouping}`)),
      );
      for (const reply of replies) assert.ok(reply.body.equals(replies[0].body), grouping);
    }
  });

  test('a file to save, with names first; no cell runs as a formula', async () => {
    const reply = await csv(manager, `${range2024}&project=${code}&group_by=entry`);
    assert.equal(reply.headers['content-type'], 'text/csv; charset=utf-8; header=present');
    assert.equal(reply.headers['content-disposition'], 'attachment; filename="hours_2024-01-01_2025-12-31.csv"');
    assert.equal(reply.headers['cache-control'], 'no-store');
    assert.match(reply.headers.vary, /\bAccept\b(?!-)/);
    for (const cell of parseCsv(reply.text).flat()) assert.doesNotMatch(cell, /^[=+@\t\r-]/, cell);
    const { names, rows } = table(reply.text);
    assert.equal(names[0], 'date');
    assert.equal(rows.length, 17);
    const ofAnn = rows.find((row) => row.user_id === ann.email);
    assert.equal(ofAnn.name, "'@nn Employee");
    assert.equal(ofAnn.project_name, `'+Plus, "quoted"`);
    assert.equal(ofAnn.customer, "'=cmd|calc");
    assert.match(ofAnn.note, /^'=SUM\(A\d+\)$/);
    assert.equal(rows.find((row) => row.user_id === bob.email).note, 'two\nlines, "0"');
  });

  test('rule 12: an employee gets their own with drafts, a manager no drafts at all', async () => {
    const annId = await personIdOf(ann);
    const own = await hours(ann, `${range2024}&project=${code}&group_by=status`);
    assert.equal(own.minutes, (await sums(code, `e.person_id = ${annId}`)).minutes);
    assert.deepEqual(
      own.rows.map((row) => [row.status, row.minutes]),
      [
        ['draft', 100],
        ['submitted', 240],
      ],
    );
    const all = await csv(manager, `${range2024}&project=${code}&group_by=entry`);
    assert.doesNotMatch(all.text, /draft/);
    for (const grouping of ['entry', 'person', 'status']) {
      const drafts = await hours(manager, `${range2024}&project=${code}&status=draft&group_by=${grouping}`);
      assert.equal(drafts.entries, 0);
      const hers = await hours(
        manager,
        `${range2024}&project=${code}&user=${encodeURIComponent(ann.email)}&group_by=${grouping}`,
      );
      assert.equal(hers.minutes, 240);
    }
    const mine = await hours(manager, `${range2024}&project=${code}&user=${encodeURIComponent(manager.email)}`);
    assert.equal(mine.minutes, 33, "one's own drafts are in one's own report");
  });

  test("another's report: 403, whether or not there is such a person", async () => {
    for (const path of [HOURS, MISSING]) {
      for (const user of [encodeURIComponent(bob.email), 'nobody@nowhere.example', await personIdOf(bob)])
        expectNoScope(await ann.get(`${path}?user=${user}`), 'approve:timesheets');
      expectProblem(await (await newPerson({ scopes: ['create:timesheets'] })).get(path), 403, 'insufficient-scope');
    }
    const { rows } = await hours(ann, `${range2024}&group_by=person,project`);
    for (const row of rows) assert.equal(row.user_id, ann.email);
  });

  test('what is approved, for payroll', async () => {
    const report = await hours(manager, `${range2024}&project=${code}&status=approved&group_by=person`);
    assert.deepEqual(
      report.rows.map((row) => [row.user_id, row.kind, row.minutes]),
      [[bob.email, 'contractor', 7]],
    );
  });

  test('faults of the query are told by parameter, all at once', async () => {
    expectFaults(await manager.get(`${HOURS}?from=1999-01-01&to=x&group_by=day&project=&user=&status=all&page=2`), {
      '?to': 'format',
      '?project': 'length',
      '?user': 'length',
      '?status': 'value',
      '?page': 'unknown',
    });
    expectFaults(await manager.get(`${HOURS}?from=1999-01-01&group_by=day&project=no-such&user=nobody`), {
      '?from': 'range',
      '?group_by': 'value',
      '?project': 'unknown-project',
      '?user': 'unknown-person',
    });
    expectFaults(await ann.get(`${HOURS}?from=2024-02-02&to=2024-02-01`), { '?to': 'range' });
  });

  test('JSON unless CSV is asked for; nothing else', async () => {
    for (const path of [HOURS, MISSING]) {
      for (const [accept, type] of [
        ['*/*', 'application/json'],
        ['text/csv', 'text/csv; charset=utf-8; header=present'],
        ['text/*;q=0.5, application/json;q=0.4', 'text/csv; charset=utf-8; header=present'],
        ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'application/json'],
      ]) {
        const reply = expectStatus(await ann.get(path, { headers: { Accept: accept } }), 200);
        assert.equal(reply.headers['content-type'], type, accept);
      }
      expectProblem(await ann.get(path, { headers: { Accept: 'application/pdf' } }), 406, 'not-acceptable');
    }
  });
});

describe('missing weeks', () => {
  const monday = addDays(today(), -weekday(today()));
  const weekBefore = (n) => isoWeek(addDays(monday, -7 * n));
  const dayBefore = (n, day = 0) => addDays(monday, -7 * n + day);
  let ann;
  let manager;

  before(async () => {
    ann = await newPerson();
    manager = await newManager();
    expectStatus(await ann.get('/api/me'), 200);
    await query('UPDATE person SET active_from = ? WHERE id = ?', dayBefore(5, 6), await personIdOf(ann));
    expectStatus(await ann.post(work({ date: dayBefore(4) })), 201);
    expectStatus(await ann.post(work({ date: dayBefore(3), status: 'draft' })), 201);
    const { id } = expectStatus(await ann.post(work({ date: dayBefore(2) })), 201).json;
    await setStatus(id, 'rejected', { reason: 'Wrong project' });
  });

  const expected = () => [
    [weekBefore(5), 'missing', dayBefore(4)], // active on its Sunday
    [weekBefore(3), 'open', dayBefore(2)],
    [weekBefore(2), 'rejected', dayBefore(1)],
    [weekBefore(1), 'missing', monday],
  ];

  test('who, which, since when: her own and for a manager', async () => {
    for (const [caller, parameters] of [
      [ann, ''],
      [manager, `user=${encodeURIComponent(ann.email)}`],
    ]) {
      const rows = expectStatus(await caller.get(`${MISSING}?${parameters}`), 200).json;
      assert.deepEqual(
        rows.map((row) => [row.week, row.state, row.since]),
        expected(),
      );
      for (const row of rows) assert.equal(row.user_id, ann.email);
    }
  });

  test('everybody, by week and user_id, also people who never logged in', async () => {
    const email = `unclaimed-${randomBytes(6).toString('hex')}@tests.example`;
    await query('INSERT INTO person SET ?', {
      email,
      user_id: email,
      name: 'Not Yet Here',
      kind: 1,
      active_from: dayBefore(1),
      created_at: '2020-01-01 00:00:00',
    });
    const rows = expectStatus(await manager.get(MISSING), 200).json;
    const keys = rows.map((row) => `${row.week} ${row.user_id}`);
    assert.deepEqual(keys, [...keys].sort());
    assert.deepEqual(
      rows.filter((row) => row.user_id === ann.email).map((row) => row.week),
      expected().map(([week]) => week),
    );
    assert.deepEqual(
      rows.filter((row) => row.user_id === email).map((row) => [row.week, row.state, row.kind]),
      [[weekBefore(1), 'missing', 'contractor']],
    );
    await query('DELETE FROM person WHERE user_id = ?', Buffer.from(email));
  });

  test('as CSV', async () => {
    const reply = await csv(ann, '', MISSING);
    const [names, ...rows] = parseCsv(reply.text);
    assert.deepEqual(names, ['week', 'user_id', 'name', 'kind', 'employee_number', 'person_id', 'state', 'since']);
    assert.deepEqual(
      rows.map((cells) => [cells[0], cells[6], cells[7]]),
      expected(),
    );
    assert.equal(
      reply.headers['content-disposition'],
      `attachment; filename="missing_${weekBefore(8)}_${weekBefore(1)}.csv"`,
    );
  });

  test('a week that is handed in leaves the list; the current one is never in it', async () => {
    expectStatus(await ann.post(work({ date: dayBefore(1) })), 201);
    const rows = expectStatus(
      await ann.get(`${MISSING}?from=${weekBefore(1)}&to=${isoWeek(addDays(monday, 21))}`),
      200,
    );
    assert.deepEqual(rows.json, []);
  });

  test('ranges', async () => {
    expectFaults(await ann.get(`${MISSING}?from=2020-W54&to=2026-01-01`), { '?from': 'format', '?to': 'format' });
    expectFaults(await ann.get(`${MISSING}?from=2020-W02&to=2020-W01`), { '?to': 'range' });
    expectFaults(await ann.get(`${MISSING}?from=2000-W01`), { '?from': 'range' });
  });
});

describe('long reports', () => {
  const PEOPLE = 80;
  const EACH = 2500;
  const ROWS = PEOPLE * EACH;
  let code;
  let manager;
  let subjects;

  before(async () => {
    code = await newProject();
    manager = await newPerson({ scopes: [...EMPLOYEE, ...MANAGER] });
    subjects = `long-${code}|%`;
    await query(
      `INSERT INTO person (sub, user_id, name, kind, created_at)
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       SELECT CONCAT('long-', ?, '|', i), CONCAT('long-', ?, '-', i), 'Long Reporter', 0, NOW(6) FROM n`,
      PEOPLE,
      code,
      code,
    );
    await query(
      `INSERT INTO entry (person_id, work_date, id, project_id, project_code, minutes, status, note, edited_by,
        created_at, updated_at)
       WITH RECURSIVE a(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM a WHERE i < 49),
         b(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM b WHERE i < ?)
       SELECT p.id, DATE_ADD('2003-01-01', INTERVAL (a.i * ? + b.i) DIV 4 DAY),
         4000000000000000 + (p.id MOD 100000) * 10000 + a.i * ? + b.i, j.id, j.code, 1 + (a.i * 7 + b.i) MOD 300, 1,
         CONCAT('What was done on this day, as people write it: ', b.i), p.id, NOW(6), NOW(6)
       FROM person p JOIN project j CROSS JOIN a CROSS JOIN b
       WHERE p.sub LIKE ? AND j.code = ? ORDER BY 1, 2, 3`,
      EACH / 50 - 1,
      EACH / 50,
      EACH / 50,
      subjects,
      code,
    );
    assert.equal((await sums(code)).entries, ROWS);
  });

  after(async () => {
    await query('DELETE e FROM entry e JOIN person p ON p.id = e.person_id WHERE p.sub LIKE ?', subjects);
    await query('DELETE FROM person WHERE sub LIKE ?', subjects);
    await query('DELETE FROM project WHERE code = ?', code);
  });

  const path = () => `${HOURS}?from=2003-01-01&to=2009-12-31&group_by=entry&project=${code}`;
  const rssKb = (pid) => Number(/^Rss:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);

  /** Reads an answer in pieces. Resolves with its text and whether it ended as it should. */
  function stream(onData = () => {}, headers = {}) {
    const url = new URL(path(), stack.TS_URL);
    return new Promise((resolve, reject) => {
      const agent = newAgent({ keepAlive: false });
      const all = { Authorization: `Bearer ${manager.token}`, Accept: 'text/csv', ...headers };
      const request = https.get(url, { agent, ca, family: 4, headers: all }, (message) => {
        const chunks = [];
        const done = (whole) => resolve({ status: message.statusCode, whole, body: Buffer.concat(chunks) });
        message.on('data', (chunk) => {
          chunks.push(chunk);
          onData(chunks.length);
        });
        message.on('end', () => done(message.complete));
        message.on('error', () => done(false));
      });
      request.on('error', reject);
    });
  }

  test(`${ROWS} lines add up, and no worker grows with them`, MINUTE, async () => {
    await Promise.all(range(6).map(() => stream())); // every worker has its buffers
    const workers = await workersOf();
    const before_ = workers.map(rssKb);
    const highest = [...before_];
    const timer = setInterval(() => {
      workers.forEach((pid, n) => {
        highest[n] = Math.max(highest[n], rssKb(pid));
      });
    }, 20);
    const replies = [];
    for (const _ of range(2)) replies.push(...(await Promise.all([stream(), stream()])));
    clearInterval(timer);
    for (const [n, pid] of workers.entries())
      assert.ok(highest[n] - before_[n] < 2048, `worker ${pid} grew from ${before_[n]} to ${highest[n]} KB`);
    for (const { status, whole, body } of replies) {
      assert.ok(status === 200 && whole && body.equals(replies[0].body));
    }
    const { rows, total } = table(replies[0].body.toString());
    assert.equal(rows.length, ROWS);
    assert.equal(sum(rows.map((row) => Number(row.minutes))), Number(total.minutes));
    assert.equal(Number(total.minutes), (await sums(code)).minutes);
    assert.equal(sum(rows.map((row) => hundredths(row.hours))), hundredths(total.hours));
    const keys = rows.map((row) => `${row.user_id} ${row.date} ${row.entry_id.padStart(17, '0')}`);
    assert.ok(
      keys.every((key, n) => n === 0 || keys[n - 1] < key),
      'one order, nothing twice',
    );
  });

  test('JSON streams as well', MINUTE, async () => {
    const { whole, body } = await stream(undefined, { Accept: 'application/json' });
    const report = JSON.parse(body.toString());
    assert.ok(whole);
    assert.equal(report.rows.length, ROWS);
    assert.equal(sum(report.rows.map((row) => row.minutes)), report.minutes);
  });

  test('written to while it runs: total and lines are from one moment', MINUTE, async () => {
    let change;
    const { whole, body } = await stream(() => {
      change ??= query(
        'UPDATE entry e JOIN person p ON p.id = e.person_id SET minutes = minutes + 1 WHERE p.sub LIKE ?',
        subjects,
      );
    });
    const { rows, total } = table(body.toString());
    assert.ok(whole);
    assert.equal((await change).affectedRows, ROWS);
    assert.equal(sum(rows.map((row) => Number(row.minutes))), Number(total.minutes));
  });

  /** Breaks something once the answer has begun: it must not look as if it were whole. */
  async function expectBroken(harm, headers) {
    let harmed = false;
    const { status, whole } = await stream(() => {
      if (!harmed) harm();
      harmed = true;
    }, headers);
    assert.equal(status, 200);
    assert.equal(whole, false, 'it ended as if it were whole');
  }

  const again = () =>
    waitFor('reports again', async () => (await manager.get(`${HOURS}?project=${code}`)).status === 200, {
      deadlineMs: 15_000,
    });

  for (const [name, headers] of [
    ['plain', {}],
    ['compressed', { 'Accept-Encoding': 'gzip' }],
  ]) {
    test(`a database that stops answering in the middle: broken off (${name})`, MINUTE, async () => {
      const database = pidOf('database');
      try {
        await expectBroken(() => signal(database, 'SIGSTOP'), headers);
      } finally {
        signal(database, 'SIGCONT');
      }
      await again();
    });

    test(`a worker that is killed in the middle: broken off (${name})`, MINUTE, async () => {
      const workers = await workersOf();
      await expectBroken(() => {
        for (const pid of workers) signal(pid, 'SIGKILL');
      }, headers);
      await again();
    });
  }

  test('a database that is killed in the middle: broken off', { ...MINUTE, skip: needsUp }, async () => {
    const database = pidOf('database');
    try {
      await expectBroken(() => signal(database, 'SIGKILL'));
      await waitFor('the database ends', async () => !isAlive(database));
    } finally {
      await stackUp();
    }
    await again();
  });

  test('a client that leaves in the middle costs nothing', MINUTE, async () => {
    for (const _ of range(8)) {
      await new Promise((resolve, reject) => {
        const url = new URL(path(), stack.TS_URL);
        const headers = { Authorization: `Bearer ${manager.token}`, Accept: 'text/csv' };
        const request = https.get(url, { agent: newAgent({ keepAlive: false }), ca, family: 4, headers }, (message) => {
          message.on('error', () => {});
          message.once('data', () => {
            request.destroy();
            resolve();
          });
        });
        request.on('error', reject);
      });
    }
    const reply = expectStatus(await manager.get('/api/me'), 200);
    assert.ok(reply.elapsedMs < 2000, `${reply.elapsedMs} ms`);
    await again();
  });
});

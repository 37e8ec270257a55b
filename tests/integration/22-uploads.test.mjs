// Uploads (design rule 9): exactly once by (source, external id), whatever its form, its mode and what dies meanwhile.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { checkBooksOf } from './lib/audit.mjs';
import { anonymous, EVERY_SCOPE, LIST, newKey, newManager, newPerson, work } from './lib/caller.mjs';
import {
  expectNginxProblem,
  expectNoScope,
  expectProblem,
  expectStatus,
  expectUnauthenticated,
  range,
  waitFor,
} from './lib/check.mjs';
import { entryRow, one, query, setStatus, unchanged } from './lib/database.mjs';
import { addDays } from './lib/dates.mjs';
import { isAlive, signal, stack, workersOf } from './lib/stack.mjs';
import { demoToken } from './lib/tenant.mjs';
import {
  CSV,
  checkAllBooks,
  checkReport,
  clientNumber,
  entriesOf,
  expectRefused,
  expectReport,
  faultsOf,
  NDJSON,
  newContractor,
  newMachine,
  newSource,
  rowOf,
  UPLOAD,
  upload,
  write,
} from './lib/uploads.mjs';

const MINUTES = { timeout: 240_000 };
const REPLAYED = 'idempotency-replayed';

let machine;
before(async () => {
  machine = await newMachine();
});

/** A contractor with rows of a source of their own. */
async function newCase(count = 0) {
  const [carl, source] = [await newContractor(), await newSource()];
  const rows = range(count).map((n) => rowOf(carl, { external_id: `A-${n + 1}`, date: addDays('2019-01-07', n) }));
  const send = (body, options) => upload(machine, body, { source, ...options });
  return { carl, source, rows, send };
}

/** One row that is stored already. */
async function newStored(more) {
  const test = await newCase();
  const row = rowOf(test.carl, { external_id: 'A-1', note: 'first', ...more });
  expectReport(await test.send([row]), { created: 1 });
  const entry = (await entriesOf(test.source))['A-1'];
  const tag = () => entryRow(entry.id).then(({ version }) => `"e${version}"`);
  return { ...test, row, entry, tag };
}

describe('who may upload', () => {
  test('a token is needed, and the scope', async () => {
    await unchanged(async () => {
      expectUnauthenticated(await upload(anonymous, []), { credentials: false });
      expectNoScope(await upload(await newPerson(), []), 'batch:upload');
      expectNoScope(await upload(await newMachine(undefined, ['create:timesheets']), []), 'batch:upload');
    });
  });

  test('a machine uploads for the sources of its own client alone', async () => {
    const { carl, source } = await newCase();
    const others = await newSource('somebody-elses-application');
    const stranger = await newMachine(stack.TS_SPA_CLIENT_ID);
    await unchanged(async () => {
      for (const [caller, name] of [
        [machine, others],
        [machine, 'no-such-tool'],
        [machine, source.toUpperCase()],
        [stranger, source],
        [stranger, undefined],
      ])
        expectProblem(await upload(caller, [rowOf(carl)], { source: name }), 403, 'no-source');
    });
    expectReport(await upload(machine, [rowOf(carl, { external_id: 'A-1' })], { source }), { created: 1 });
    await checkAllBooks(carl);
  });

  test('a person with the scope uploads too: without a source only what has no external id', async () => {
    const [carl, bea] = [await newContractor(), await newContractor({ scopes: EVERY_SCOPE })];
    const report = expectReport(
      await upload(bea, [rowOf(carl), rowOf(carl, { external_id: 'A-1' })], { mode: 'partial' }),
      { created: 1, rejected: 1 },
    );
    assert.equal(report.source, null);
    assert.deepEqual(faultsOf(report), { 2: 'source-required' });
    const entry = await entryRow(report.rows[0].entry_id);
    assert.deepEqual([entry.edited_by, entry.person_id, entry.source], [bea.id, carl.id, null]);
    await checkBooksOf(carl.id);
    await checkBooksOf(bea.id);
  });

  describe('an application with one source', () => {
    const client = stack.TS_SPA_CLIENT_ID;
    after(() =>
      query('DELETE FROM source WHERE client = (SELECT id FROM client WHERE client_id = ?)', Buffer.from(client)),
    );

    test('need not name it, and its persons have it', async () => {
      const source = await newSource(client);
      const [carl, bea] = [await newContractor(), await newContractor({ scopes: EVERY_SCOPE })];
      const robot = await newMachine(client);
      const first = expectReport(await upload(robot, [rowOf(carl, { external_id: 'A-1' })]), { created: 1 });
      const second = expectReport(await upload(bea, [rowOf(carl, { external_id: 'A-1' })]), { unchanged: 1 });
      assert.deepEqual([first.source, second.source], [source, source]);
      await checkBooksOf(carl.id);
    });
  });

  test('who uploaded stands in the entry and in the event: the number of the client', async () => {
    const { entry, carl } = await newStored();
    const number = await clientNumber();
    assert.ok(number >= 2 ** 31, 'a number that no person has');
    assert.equal(entry.edited_by, number);
    const event = await one('SELECT * FROM event WHERE person_id = ? AND week = 202419', carl.id);
    assert.deepEqual([event.actor_id, event.entry_id], [number, entry.id]);
    assert.equal(event.before_json, null);
    const after = JSON.parse(event.after_json);
    assert.deepEqual([after.id, after.user_id, after.external_id], [entry.id, carl.email, 'A-1']);
  });

  test('machines cannot decide what they uploaded, and managers see it in their list', async () => {
    const { entry, carl } = await newStored();
    const robot = await newMachine(undefined, ['batch:upload', 'approve:timesheets']);
    expectProblem(await robot.send('PUT', `/api/approvals/${entry.id}`, { json: {} }), 403, 'person-required');
    const boss = await newManager();
    const listed = expectStatus(await boss.get(`/api/approvals?user=${encodeURIComponent(carl.email)}`), 200).json;
    assert.deepEqual(
      listed.map(({ id }) => id),
      [entry.id],
    );
    expectStatus(await boss.send('PUT', `/api/approvals/${entry.id}`, { json: {} }), 200);
  });
});

describe('the forms of a body', () => {
  for (const [form, type] of Object.entries({ json: 'application/json', ndjson: NDJSON, csv: CSV })) {
    for (const parameter of ['', '; charset=utf-8', ';charset="UTF-8"']) {
      test(`${type}${parameter}: the same rows give the same entries`, async () => {
        const { carl, source, send } = await newCase();
        const rows = [
          rowOf(carl, { external_id: 'A-1', note: 'plain' }),
          { user_id: carl.number, date: '2024-05-07', project: 'StoreZero', hours: '7.5', external_id: 'Ä 2 🦊' },
          {
            user_id: carl.sub,
            date: '2024-05-08',
            project: 'StoreZero',
            hours: 0.25,
            external_id: 'A,"3"',
            note: 'a "b", c',
          },
        ];
        const report = expectReport(await send(write[form](rows), { type: type + parameter }), { created: 3 });
        assert.deepEqual(
          report.rows.map(({ external_id }) => external_id),
          ['A-1', 'Ä 2 🦊', 'A,"3"'],
        );
        const stored = await entriesOf(source);
        assert.deepEqual(
          rows.map(({ external_id: id }) => [
            stored[id].work_date,
            stored[id].minutes,
            stored[id].note,
            stored[id].status,
          ]),
          [
            ['2024-05-06', 60, 'plain', 1],
            ['2024-05-07', 450, '', 1],
            ['2024-05-08', 15, 'a "b", c', 1],
          ],
        );
        for (const row of report.rows) assert.equal(stored[row.external_id].id, row.entry_id);
        await checkAllBooks(carl);
      });
    }
  }

  test('the same content is unchanged in every form and spelling', async () => {
    const { carl, send } = await newCase();
    const row = rowOf(carl, { external_id: 'A-1', minutes: 450 });
    expectReport(await send([row]), { created: 1 });
    for (const [body, type] of [
      [write.ndjson([row]), NDJSON],
      [write.csv([row]), CSV],
      [write.json([{ ...row, minutes: undefined, hours: '7.50' }]), 'application/json'],
      [write.json([{ ...row, hours: 7.5 }]), 'application/json'],
      [write.json([{ ...row, user_id: carl.number }]), 'application/json'],
      [write.json([{ ...row, user_id: carl.sub, date: '2024-05-06T23:40:20.095Z' }]), 'application/json'],
      [write.json([{ ...row, note: '', id: 7, approved: true }]), 'application/json'],
    ])
      expectReport(await send(body, { type }), { unchanged: 1 });
  });

  test('CSV: byte order mark, LF, quotes over lines, empty cells, any order of columns', async () => {
    const { carl, source, send } = await newCase();
    const body =
      '\uFEFFexternal_id,note,minutes,hours,project,"date",user_id,deleted,approved\n' +
      `A-1,"two\nlines ""quoted""",,1.5,StoreZero,2024-05-06,${carl.number},,true\n` +
      `A-2,,30,,StoreZero,2024-05-06,${carl.number},false,\n` +
      `,,30,,StoreZero,2024-05-06,${carl.number},,`;
    expectReport(await send(body, { type: CSV }), { created: 3 });
    const stored = await entriesOf(source);
    assert.equal(stored['A-1'].note, 'two\nlines "quoted"');
    assert.equal(stored['A-1'].minutes, 90);
    assert.equal(stored['A-2'].minutes, 30);
    expectReport(await send(`external_id,deleted\r\nA-1,true\r\n`, { type: CSV }), { removed: 1 });
    await checkAllBooks(carl);
  });

  test('CSV: names in the header are a closed set, each once', async () => {
    const { send } = await newCase();
    await unchanged(async () => {
      for (const header of ['user_id,colour', 'user_id,date,user_id', 'User_id,date', 'user_id,,date', 'status'])
        expectProblem(await send(`${header}\r\n`, { type: CSV }), 422, 'validation');
    });
  });

  test('other types are 415', async () => {
    const { carl, send } = await newCase();
    await unchanged(async () => {
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/json; charset=latin1',
        'text/csv; header=present',
        'application/jsonl',
        '',
      ])
        expectProblem(await send([rowOf(carl)], { type }), 415, 'unsupported-media-type');
    });
  });

  test('a body that is broken anywhere is 400, says the row, and nothing of it is done', async () => {
    const { carl, send } = await newCase();
    const good = JSON.stringify(rowOf(carl, { external_id: 'A-1' }));
    const line = `${carl.number},2024-05-06,StoreZero,60`;
    const head = 'user_id,date,project,minutes';
    const cases = [
      [`[${good},${good}`, 'application/json', 3],
      [`[${good},]`, 'application/json', 2],
      [`[${good} ${good}]`, 'application/json'],
      [`[${good}] x`, 'application/json'],
      [`[${good},{"a":1,"a":2}]`, 'application/json', 2],
      [`[${good},{"a":"\\ud800"}]`, 'application/json', 2],
      [`[${good},{"note":"a\u0000"}]`, 'application/json', 2],
      [`[${good},{"hours":01}]`, 'application/json', 2],
      [`[${good},${'['.repeat(20)}${']'.repeat(20)}]`, 'application/json', 2],
      ['', 'application/json'],
      ['"text"', 'application/json'],
      ['7', 'application/json'],
      [`${good}\n{"a":\n${good}\n`, NDJSON, 2],
      [`${good}\n${good} ${good}\n`, NDJSON, 2],
      [`${head}\r\n${line}\r\n"open,1,2,3\r\n`, CSV, 2],
      [`${head}\r\n${line}\r\na"b,1,2,3\r\n`, CSV, 2],
      [`${head}\r\n${line}\r\n"a"b,1,2,3\r\n`, CSV, 2],
      [Buffer.from(`${head}\r\n${line}\r\n\xff,1,2,3\r\n`, 'latin1'), CSV, 2],
      [Buffer.from(`[${good},{"note":"\xe9"}]`, 'latin1'), 'application/json', 2],
    ];
    await unchanged(async () => {
      for (const [body, type, row] of cases)
        for (const mode of ['atomic', 'partial']) {
          const reply = await send(body, { type, mode });
          const what = `${type} ${body.toString().slice(0, 200)}`;
          assert.equal(reply.status, 400, `${what}: ${reply.text}`);
          if (row !== undefined) assert.match(reply.json.detail, new RegExp(`\\b[Rr]ow ${row}\\b.*\\bbyte \\d+`), what);
        }
    });
  });

  test('which of two faults is told: 413, 415, 400, 422, 403', async () => {
    const { carl, source } = await newCase();
    const stranger = await newMachine(stack.TS_SPA_CLIENT_ID);
    const good = JSON.stringify([rowOf(carl)]);
    const post = (caller, query, body, type, key) =>
      caller.send('POST', `${UPLOAD}?source=${source}${query}`, {
        body,
        headers: { 'Content-Type': type, ...(key && { 'Idempotency-Key': key }) },
      });
    await unchanged(async () => {
      expectNginxProblem(await post(stranger, '&mode=all', 'x'.repeat((16 << 20) + 1), 'text/plain', 'short'), 413);
      expectProblem(await post(stranger, '&mode=all', '[', 'text/plain'), 415, 'unsupported-media-type');
      assert.equal((await post(stranger, '&mode=all', '[', 'application/json')).status, 400);
      assert.equal((await post(stranger, '&mode=all', good, 'application/json', 'short')).status, 400);
      expectProblem(await post(stranger, '&mode=all', good, 'application/json'), 422, 'validation');
      expectProblem(await post(stranger, '', '[]', 'application/json'), 422, 'validation');
      expectProblem(await post(stranger, '', good, 'application/json'), 403, 'no-source');
    });
  });

  test('no rows at all is 422', async () => {
    const { send } = await newCase();
    await unchanged(async () => {
      for (const [body, type] of [
        ['[]', 'application/json'],
        [' [ ] ', 'application/json'],
        ['', NDJSON],
        ['\n\n', NDJSON],
        ['', CSV],
        ['user_id,date,project,minutes\r\n', CSV],
      ])
        expectProblem(await send(body, { type }), 422, 'validation');
    });
  });

  test('one object is answered with the entry, as the older client needs', async () => {
    const { carl, send } = await newCase();
    const body = {
      user_id: carl.number,
      date: '2017-05-10T17:40:20.095Z',
      project: 'StoreZero',
      hours: 5,
      approved: true,
    };
    const reply = expectStatus(await send(body), 201);
    const { id, user_id, date, project, hours, approved, status, version } = reply.json;
    assert.deepEqual(
      [user_id, date, project, hours, approved, status, version],
      [carl.email, '2017-05-10', 'StoreZero', 5, false, 'submitted', 1],
    );
    assert.equal(reply.headers.location, `${LIST}/${id}`);
    assert.equal(reply.etag, '"e1"');
    assert.equal((await entryRow(id)).person_id, carl.id);
    const again = expectStatus(await send(body), 201);
    assert.notEqual(again.json.id, id, 'without an external id it is simply new');
    await checkAllBooks(carl);
  });

  test('one object with an external id: 201, then 200 with the same entry, then 200 with the changed one', async () => {
    const { carl, send } = await newCase();
    const row = rowOf(carl, { external_id: 'A-1' });
    const first = expectStatus(await send(row), 201);
    assert.equal(first.json.external_id, 'A-1');
    const same = expectStatus(await send(row), 200);
    assert.deepEqual(same.json, first.json);
    const changed = expectStatus(await send({ ...row, minutes: 61 }), 200);
    assert.deepEqual([changed.json.id, changed.json.minutes, changed.json.version], [first.json.id, 61, 2]);
    assert.equal(changed.etag, '"e2"');
    await checkAllBooks(carl);
  });

  test('one object that is not taken is a problem about its members', async () => {
    const { carl, send } = await newCase();
    await unchanged(async () => {
      for (const [more, pointer, code] of [
        [{ user_id: 'nobody@nowhere.example' }, '/user_id', 'unknown-person'],
        [{ project: 'NOWHERE' }, '/project', 'unknown-project'],
        [{ minutes: 1441 }, '/minutes', 'range'],
        [{ date: '2024-02-30' }, '/date', 'format'],
        [{ colour: 'red' }, '/colour', 'unknown'],
        [{ external_id: '' }, '/external_id', 'length'],
      ]) {
        const reply = expectStatus(await send(rowOf(carl, more)), 422);
        assert.deepEqual(
          reply.json.errors.map((error) => [error.pointer, error.code]),
          [[pointer, code]],
          reply.text,
        );
      }
    });
  });

  test('parameters are a closed set', async () => {
    const { carl, source } = await newCase();
    await unchanged(async () => {
      for (const text of ['mode=all', 'dry_run=1', 'colour=red', `source=${source}&source=${source}`, 'source='])
        expectProblem(await machine.send('POST', `${UPLOAD}?${text}`, { json: [rowOf(carl)] }), 422, 'validation');
    });
  });
});

describe('limits', () => {
  test('10,000 rows are taken, 10,001 are 413', MINUTES, async () => {
    const { carl, send } = await newCase();
    const rows = range(10_001).map((n) => ({ external_id: `gone-${n}`, deleted: true, user_id: carl.number }));
    await unchanged(async () => {
      for (const [body, type] of [
        [write.json(rows), 'application/json'],
        [write.ndjson(rows), NDJSON],
        [write.csv(rows), CSV],
      ])
        expectProblem(await send(body, { type }), 413, 'body-too-large');
    });
    expectReport(await send(rows.slice(0, 10_000)), { unchanged: 10_000 });
  });

  test('16 MB are taken, a byte more is 413', MINUTES, async () => {
    const { carl, send } = await newCase();
    const row = JSON.stringify(rowOf(carl, { external_id: 'A-1' }));
    const padded = (bytes) => `[${row}${' '.repeat(bytes - row.length - 2)}]`;
    expectNginxProblem(await send(padded((16 << 20) + 1)), 413);
    expectReport(await send(padded(16 << 20)), { created: 1 });
    expectReport(await send(padded((16 << 20) - 1)), { unchanged: 1 });
  });

  test('the largest rows there can be', MINUTES, async () => {
    const { carl, source, send } = await newCase();
    const wide = (n) => `${String(n).padStart(5, '0')}${'🦊'.repeat(30)}xyz`;
    const rows = range(1200).map((n) =>
      rowOf(carl, { external_id: wide(n), minutes: 1, note: '🦊'.repeat(500), date: addDays('2010-01-04', n) }),
    );
    assert.equal(Buffer.byteLength(rows[0].external_id), 128);
    expectReport(await send(rows, { mode: 'partial' }), { created: 1200 });
    assert.equal(Object.keys(await entriesOf(source)).length, 1200);
    expectReport(await send(rows), { unchanged: 1200 });
    await checkAllBooks(carl);
  });

  test('10,000 rows that all are rejected for many reasons at once', MINUTES, async () => {
    const { carl, send } = await newCase();
    const faulty = (n) => ({
      user_id: `${carl.number}x${n}`,
      date: 'tomorrow',
      project: 'x'.repeat(41),
      minutes: -1,
      hours: '1,5',
      note: 'n'.repeat(501),
      external_id: `${'e'.repeat(120)}${n}`,
      ...Object.fromEntries(range(12).map((k) => [`unknown_member_${k}_${'u'.repeat(20)}`, k])),
    });
    const rows = range(10_000).map(faulty);
    await unchanged(async () => expectRefused(await send(rows), { rejected: 10_000 }));
    const report = expectReport(await send(rows, { mode: 'partial' }), { rejected: 10_000 });
    const read = expectStatus(await machine.get(`/api/uploads/${report.upload_id}`), 200).json;
    assert.deepEqual(read.rows, report.rows);
  });
});

describe('the members of a row', () => {
  test('all faults of a row are told at once, each with its member', async () => {
    const { carl, send } = await newCase();
    const rows = [
      { date: '2024-05-32', hours: 25, note: 'x'.repeat(501), colour: 'red', external_id: 'A-1' },
      rowOf(carl),
    ];
    const report = await unchanged(async () => expectRefused(await send(rows), { created: 1, rejected: 1 }));
    const pointers = new Set(report.rows[0].problem.errors.map(({ pointer }) => pointer));
    for (const pointer of ['/date', '/hours', '/note', '/colour']) assert.ok(pointers.has(pointer), `${[...pointers]}`);
  });

  const wrong = {
    'no user_id': [{ user_id: undefined }, 'required'],
    'no date': [{ date: undefined }, 'required'],
    'no project': [{ project: undefined }, 'required'],
    'neither hours nor minutes': [{ minutes: undefined }, 'hours'],
    'hours and minutes that disagree': [{ hours: 2 }, 'hours'],
    'no minutes left after rounding': [{ minutes: undefined, hours: '0.0001' }],
    'a date before 2000': [{ date: '1999-12-31' }, 'range'],
    'a date too far ahead': [{ date: '2099-01-01' }, 'range'],
    'a person by nothing that is theirs': [{ user_id: 'nobody' }, 'unknown-person'],
    'a project nobody has': [{ project: 'storezero' }, 'unknown-project'],
    'a closed project': [{ project: 'BAKERY' }, 'project-closed'],
    'a project after its end': [{ project: 'MUSEUM-24', date: '2025-01-01' }, 'project-closed'],
    'an external id with a control character': [{ external_id: 'a\nb' }],
    'an external id with a tab': [{ external_id: 'a\tb' }],
    'an external id of 129 bytes': [{ external_id: 'é'.repeat(65) }],
    'an external id that is a number': [{ external_id: 7 }, 'type'],
    'a status': [{ status: 'approved' }, 'unknown'],
    'deleted as text': [{ deleted: 'true' }, 'type'],
    'deleted without an external id': [{ deleted: true, external_id: undefined }],
    'null for a member': [{ note: null }, 'type'],
  };
  for (const [what, [more, code]] of Object.entries(wrong)) {
    test(`${what}: a rejected row`, async () => {
      const { carl, send } = await newCase();
      const report = await unchanged(async () =>
        expectRefused(await send([rowOf(carl, { external_id: 'A-1', ...more })]), { rejected: 1 }),
      );
      if (code !== undefined) assert.deepEqual(faultsOf(report), { 1: code });
    });
  }

  test('a row that is no object', async () => {
    const { carl, send } = await newCase();
    await unchanged(async () => {
      for (const odd of ['7', '"text"', 'null', '[]']) {
        const reply = await send(`[${JSON.stringify(rowOf(carl))},${odd}]`);
        if (reply.status !== 400) expectRefused(reply, { created: 1, rejected: 1 });
      }
    });
  });

  test('a person is exactly one match of e-mail, employee number or subject', async () => {
    const { send } = await newCase();
    const [ann, bea] = [await newContractor(), await newContractor()];
    const rows = [
      rowOf(ann),
      rowOf(ann, { user_id: ann.number }),
      rowOf(ann, { user_id: ann.sub }),
      rowOf(bea, { user_id: bea.number }),
    ];
    const report = expectReport(await send(rows), { created: 4 });
    const owners = await Promise.all(report.rows.map(({ entry_id }) => entryRow(entry_id)));
    assert.deepEqual(
      owners.map(({ person_id }) => person_id),
      [ann.id, ann.id, ann.id, bea.id],
    );
    await query('UPDATE person SET employee_number = ? WHERE id = ?', Buffer.from(ann.sub), bea.id);
    const refused = await unchanged(async () =>
      expectRefused(await send([rowOf(ann, { user_id: ann.sub }), rowOf(ann)]), { created: 1, rejected: 1 }),
    );
    assert.deepEqual(faultsOf(refused), { 1: 'ambiguous-person' });
    await checkAllBooks(ann, bea);
  });

  test('a thousand people in one upload: each row is its own person’s', MINUTES, async () => {
    const { source, send } = await newCase();
    const prefix = newKey();
    const numbers = range(1000).map((n) => `${prefix}-${n}`);
    await query(
      'INSERT INTO person (user_id, kind, employee_number, created_at) VALUES ?',
      numbers.map((number) => [Buffer.from(number), 1, Buffer.from(number), '2026-01-05']),
    );
    const rows = range(3000).map((n) => ({
      user_id: numbers[n % 1000],
      date: addDays('2024-01-01', n % 7),
      project: 'StoreZero',
      minutes: 1,
      external_id: `${numbers[n % 1000]} ${n}`,
    }));
    const check = async (numbersOf) => {
      expectReport(await send(rows, { mode: 'partial' }), numbersOf);
      const wrong = await query(
        `SELECT e.external_id FROM entry e JOIN person p ON p.id = e.person_id
         WHERE e.source = ? AND LOCATE(CONCAT(p.employee_number, ' '), e.external_id) <> 1`,
        source,
      );
      assert.deepEqual(wrong, []);
    };
    await check({ created: 3000 });
    await check({ unchanged: 3000 });
    for (const row of rows) row.minutes = 2;
    await check({ updated: 3000 });
  });

  test('upper and lower case are two persons by number and subject', async () => {
    const { carl, send } = await newCase();
    const rows = [
      rowOf(carl, { user_id: carl.number.toLowerCase() }),
      rowOf(carl, { user_id: carl.sub.toUpperCase() }),
    ];
    const report = await unchanged(async () => expectRefused(await send(rows), { rejected: 2 }));
    assert.deepEqual(faultsOf(report), { 1: 'unknown-person', 2: 'unknown-person' });
  });

  test('a contractor who never signed in is uploaded for, by the number an admin gave', async () => {
    const { send } = await newCase();
    const number = newKey();
    await query(
      "INSERT INTO person (email, user_id, kind, employee_number, created_at) VALUES (NULL, ?, 1, ?, '2026-01-05')",
      Buffer.from(number),
      Buffer.from(number),
    );
    const reply = expectStatus(
      await send({ user_id: number, date: '2024-05-06', project: 'StoreZero', hours: 5 }),
      201,
    );
    assert.equal(reply.json.user_id, number);
  });

  test('the day limit holds over what is there and over the rows of one upload', async () => {
    const { carl, send } = await newCase();
    expectStatus(await carl.post(work({ minutes: 600 })), 201);
    const rows = [800, 40, 1].map((minutes, n) => rowOf(carl, { external_id: `A-${n}`, minutes }));
    const refused = await unchanged(async () => expectRefused(await send(rows), { created: 2, rejected: 1 }));
    assert.deepEqual(faultsOf(refused), { 3: 'day-over-24h' });
    expectReport(await send(rows, { mode: 'partial' }), { created: 2, rejected: 1 });
    await checkAllBooks(carl);
  });
});

describe('rule 9, row by row', () => {
  test('the same again: unchanged, and nothing but the upload itself is written', async () => {
    const { carl, send, rows } = await newCase(3);
    const first = expectReport(await send(rows), { created: 3 });
    const again = expectReport(await send(rows), { unchanged: 3 });
    assert.deepEqual(
      again.rows.map(({ entry_id }) => entry_id),
      first.rows.map(({ entry_id }) => entry_id),
    );
    const [{ events }] = await query(
      'SELECT COUNT(*) AS events FROM event WHERE person_id = ? AND week > 100',
      carl.id,
    );
    assert.equal(events, 3);
    await checkAllBooks(carl);
  });

  test('changed and editable: updated, submitted again, one version up', async () => {
    const { carl, send, row, entry } = await newStored();
    for (const [more, version] of [
      [{ minutes: 90 }, 2],
      [{ minutes: 90, note: 'second' }, 3],
      [{ minutes: 90, note: 'second', project: 'NORTH-02' }, 4],
      [{ minutes: 90, note: 'second', project: 'NORTH-02', date: '2024-05-09' }, 5],
      [{ minutes: 90, note: 'second', project: 'NORTH-02', date: '2024-05-01' }, 6],
    ]) {
      const report = expectReport(await send([{ ...row, ...more }]), { updated: 1 });
      assert.equal(report.rows[0].entry_id, entry.id);
      const now = await entryRow(entry.id);
      assert.deepEqual(
        [now.version, now.minutes, now.note, now.work_date, now.project_code],
        [version, 90, more.note ?? 'first', more.date ?? '2024-05-06', more.project ?? 'StoreZero'],
      );
      expectReport(await send([{ ...row, ...more }]), { unchanged: 1 });
      await checkAllBooks(carl);
    }
  });

  for (const status of ['draft', 'submitted', 'rejected']) {
    test(`changed while it is ${status}: submitted, decision cleared`, async () => {
      const { carl, send, row, entry } = await newStored();
      await setStatus(entry.id, status, status === 'rejected' ? { reason: 'why' } : {});
      expectReport(await send([{ ...row, minutes: 90 }]), { updated: 1 });
      const now = await entryRow(entry.id);
      assert.deepEqual([now.status, now.reason, now.decided_by, now.decided_at, now.minutes], [1, '', null, null, 90]);
      await checkAllBooks(carl);
    });
  }

  test('a rejection by a manager is answered by a changed row, which they can then approve', async () => {
    const { carl, send, row, entry } = await newStored();
    const boss = await newManager();
    const path = `/api/approvals/${entry.id}`;
    expectStatus(await boss.send('PUT', path, { json: { status: 'rejected', reason: 'too long' } }), 200);
    expectReport(await send([row]), { unchanged: 1 });
    expectReport(await send([{ ...row, minutes: 30 }]), { updated: 1 });
    const approved = expectStatus(await boss.send('PUT', path, { json: {} }), 200).json;
    assert.deepEqual([approved.status, approved.minutes], ['approved', 30]);
    await checkAllBooks(carl);
  });

  test('changed and approved: rejected, nothing is overwritten; the same content is still unchanged', async () => {
    const { carl, send, row, entry } = await newStored();
    const boss = await newManager();
    expectStatus(await boss.send('PUT', `/api/approvals/${entry.id}`, { json: {} }), 200);
    const report = await unchanged(async () => expectRefused(await send([{ ...row, minutes: 90 }]), { rejected: 1 }));
    assert.deepEqual(faultsOf(report), { 1: 'approved' });
    expectReport(await send([{ ...row, minutes: 90 }], { mode: 'partial' }), { rejected: 1 });
    const removal = await unchanged(async () =>
      expectRefused(await send([{ external_id: 'A-1', deleted: true }]), { rejected: 1 }),
    );
    assert.deepEqual(faultsOf(removal), { 1: 'approved' });
    expectReport(await send([row]), { unchanged: 1 });
    assert.equal((await entryRow(entry.id)).minutes, 60);
    await checkAllBooks(carl);
  });

  test('edited by its owner since: rejected; what they wrote stays', async () => {
    const { carl, send, row, entry, tag } = await newStored();
    expectStatus(await carl.patch(entry.id, { note: 'mine' }, await tag()), 200);
    const report = await unchanged(async () => expectRefused(await send([{ ...row, minutes: 90 }]), { rejected: 1 }));
    assert.deepEqual(faultsOf(report), { 1: 'edited-by-owner' });
    const removal = await unchanged(async () =>
      expectRefused(await send([{ external_id: 'A-1', deleted: true }]), { rejected: 1 }),
    );
    assert.deepEqual(faultsOf(removal), { 1: 'edited-by-owner' });
    expectReport(await send([row]), { unchanged: 1 });
    assert.equal((await entryRow(entry.id)).note, 'mine');
    await checkAllBooks(carl);
  });

  test('edited by its owner and put back: theirs no more', async () => {
    const { carl, send, row, entry, tag } = await newStored();
    expectStatus(await carl.patch(entry.id, { note: 'mine' }, await tag()), 200);
    expectStatus(await carl.patch(entry.id, { note: 'first' }, await tag()), 200);
    expectReport(await send([{ ...row, minutes: 90 }]), { updated: 1 });
    await checkAllBooks(carl);
  });

  test('deleted by its owner: the same is unchanged and is not resurrected, a change is rejected', async () => {
    const { carl, source, send, row, entry, tag } = await newStored();
    expectStatus(await carl.delete(entry.id, await tag()), 204);
    expectReport(await send([row]), { unchanged: 1 });
    const report = await unchanged(async () => expectRefused(await send([{ ...row, minutes: 90 }]), { rejected: 1 }));
    assert.deepEqual(faultsOf(report), { 1: 'deleted-by-owner' });
    assert.deepEqual(await entriesOf(source), {});
    await checkAllBooks(carl);
  });

  test('removed by its source: gone with a tombstone; again is unchanged; uploaded again it is a new entry', async () => {
    const { carl, source, send, row, entry } = await newStored();
    const removal = [{ external_id: 'A-1', deleted: true }];
    expectReport(await send(removal), { removed: 1 });
    assert.deepEqual(await entriesOf(source), {});
    assert.equal((await one('SELECT person_id FROM entry_deleted WHERE id = ?', entry.id)).person_id, carl.id);
    expectReport(await send(removal), { unchanged: 1 });
    const report = expectReport(await send([row]), { created: 1 });
    assert.notEqual(report.rows[0].entry_id, entry.id);
    expectReport(await send([row]), { unchanged: 1 });
    await checkAllBooks(carl);
  });

  test('a removal of what was never uploaded is unchanged, and leaves it free', async () => {
    const { carl, send } = await newCase();
    expectReport(await send([{ external_id: 'A-9', deleted: true }]), { unchanged: 1 });
    expectReport(await send([rowOf(carl, { external_id: 'A-9' })]), { created: 1 });
    await checkAllBooks(carl);
  });

  test('a locked day: a change, a removal, a move there and a new entry are rejected; the same is unchanged', async () => {
    const { carl, send } = await newCase();
    const locked = rowOf(carl, { external_id: 'A-1', date: '2002-06-05' });
    const open = rowOf(carl, { external_id: 'A-2', date: '2024-05-06' });
    expectReport(await send([locked, open]), { created: 2 });
    try {
      await query("UPDATE period_lock SET locked_through = '2002-06-30'");
      await query('UPDATE week SET locked_days = 7 WHERE week = 200223');
      const rows = [
        { ...locked, minutes: 30 },
        { external_id: 'A-1', deleted: true },
        { ...open, date: '2002-06-06' },
        { ...open, external_id: 'A-3', date: '2002-06-12' },
        { ...locked, date: '2024-05-07' },
        locked,
      ];
      for (const [index, row] of rows.slice(0, 5).entries()) {
        const report = await unchanged(async () => expectRefused(await send([row]), { rejected: 1 }));
        assert.deepEqual(faultsOf(report), { 1: 'period-locked' }, `row ${index + 1}`);
      }
      expectReport(await send([locked]), { unchanged: 1 });
      const partial = expectReport(await send(rows, { mode: 'partial' }), { unchanged: 1, rejected: 5 });
      assert.equal(new Set(Object.values(faultsOf(partial))).size, 1);
    } finally {
      await query('UPDATE period_lock SET locked_through = NULL');
      await query('UPDATE week SET locked_days = 0 WHERE locked_days > 0');
    }
    await checkAllBooks(carl);
  });

  test('a project that was closed since: less and other words may still be put right, more may not', async () => {
    const { carl, send } = await newCase();
    const code = newKey();
    await query('INSERT INTO project (code, name, state) VALUES (?, ?, 0)', code, code);
    const row = rowOf(carl, { external_id: 'A-1', project: code });
    expectReport(await send([row]), { created: 1 });
    await query('UPDATE project SET state = 1 WHERE code = ?', code);
    await pause(1100); // a worker may take it for open for a second
    expectReport(await send([row]), { unchanged: 1 });
    const more = await unchanged(async () => expectRefused(await send([{ ...row, minutes: 61 }]), { rejected: 1 }));
    assert.deepEqual(faultsOf(more), { 1: 'project-closed' });
    expectReport(await send([{ ...row, minutes: 59 }]), { updated: 1 });
    await checkAllBooks(carl);
  });

  test('moved to another person: gone there, new here', async () => {
    const { carl, source, send, row, entry } = await newStored();
    const dora = await newContractor();
    const report = expectReport(await send([{ ...row, user_id: dora.email }]), { updated: 1 });
    assert.notEqual(report.rows[0].entry_id, entry.id);
    const now = (await entriesOf(source))['A-1'];
    assert.deepEqual([now.id, now.person_id, now.minutes], [report.rows[0].entry_id, dora.id, 60]);
    assert.equal((await one('SELECT person_id FROM entry_deleted WHERE id = ?', entry.id)).person_id, carl.id);
    expectReport(await send([{ ...row, user_id: dora.email }]), { unchanged: 1 });
    await checkAllBooks(carl, dora);
  });

  test('a move within a full day, and from one full day to another', async () => {
    const { carl, send } = await newCase();
    const row = rowOf(carl, { external_id: 'A-1', minutes: 1440 });
    expectReport(await send([row]), { created: 1 });
    expectReport(await send([{ ...row, note: 'all day' }]), { updated: 1 });
    expectReport(await send([{ ...row, minutes: 1439 }]), { updated: 1 });
    expectStatus(await carl.post(work({ minutes: 1 })), 201);
    expectStatus(await carl.post(work({ date: '2024-05-14', minutes: 2 })), 201);
    const refused = await unchanged(async () =>
      expectRefused(await send([{ ...row, date: '2024-05-14', minutes: 1439 }]), { rejected: 1 }),
    );
    assert.deepEqual(faultsOf(refused), { 1: 'day-over-24h' });
    expectReport(await send([{ ...row, date: '2024-05-14', minutes: 1438 }]), { updated: 1 });
    await checkAllBooks(carl);
  });

  test('two entries that change days with each other in one upload', async () => {
    const { carl, send } = await newCase();
    const row = (n, date) => rowOf(carl, { external_id: `A-${n}`, date, minutes: 700 });
    expectReport(await send([row(1, '2024-05-06'), row(2, '2024-05-15')]), { created: 2 });
    expectReport(await send([row(1, '2024-05-15'), row(2, '2024-05-06')]), { updated: 2 });
    await checkAllBooks(carl);
  });

  test('the same external id more than once in an upload: in order, each against what the one before left', async () => {
    const { carl, source, send } = await newCase();
    const row = rowOf(carl, { external_id: 'A-1' });
    const gone = { external_id: 'A-1', deleted: true };
    const rows = [
      row,
      row,
      { ...row, minutes: 61 },
      gone,
      gone,
      { ...row, minutes: 62 },
      { ...row, date: '2024-05-15' },
    ];
    const dry = expectReport(
      await send(rows, { dryRun: true }),
      { created: 2, updated: 2, unchanged: 2, removed: 1 },
      { status: 200 },
    );
    for (const mode of ['atomic', 'partial']) {
      const report = expectReport(await send(rows, { mode }), { created: 2, updated: 2, unchanged: 2, removed: 1 });
      assert.deepEqual(
        report.rows.map(({ outcome }) => outcome),
        ['created', 'unchanged', 'updated', 'removed', 'unchanged', 'created', 'updated'],
      );
      assert.deepEqual(
        dry.rows.map(({ outcome }) => outcome),
        report.rows.map(({ outcome }) => outcome),
      );
      const now = (await entriesOf(source))['A-1'];
      assert.deepEqual([now.work_date, now.minutes], ['2024-05-15', 60]);
      await checkAllBooks(carl);
      expectReport(await send([gone]), { removed: 1 });
    }
  });

  test('external ids are bytes: case, trailing spaces and accents are different ones', async () => {
    const { carl, source, send } = await newCase();
    const ids = ['a', 'A', 'a ', 'á', 'a\u0301', 'ß', 'ss', '🦊', '🐺'];
    const rows = ids.map((external_id) => rowOf(carl, { external_id, minutes: 1 }));
    expectReport(await send(rows), { created: ids.length });
    expectReport(await send(rows), { unchanged: ids.length });
    assert.deepEqual(Object.keys(await entriesOf(source)).sort(), [...ids].sort());
    await checkAllBooks(carl);
  });

  test('the same external id of two sources is two entries', async () => {
    const { carl, send } = await newCase();
    const other = await newSource();
    const row = rowOf(carl, { external_id: 'A-1' });
    const one = expectReport(await send([row]), { created: 1 });
    const two = expectReport(await upload(machine, [row], { source: other }), { created: 1 });
    assert.notEqual(one.rows[0].entry_id, two.rows[0].entry_id);
    await checkAllBooks(carl);
  });
});

describe('modes', () => {
  test('atomic: one rejected row and nothing is stored, by whichever place it has', async () => {
    const { carl, send, rows } = await newCase(40);
    await unchanged(async () => {
      for (const place of [0, 20, 39]) {
        const some = rows.with(place, { ...rows[place], project: 'NOWHERE' });
        const report = expectRefused(await send(some), { created: 39, rejected: 1 });
        assert.deepEqual(faultsOf(report), { [place + 1]: 'unknown-project' });
      }
    });
    expectReport(await send(rows), { created: 40 });
    await checkAllBooks(carl);
  });

  test('partial: what is not rejected is stored', async () => {
    const { carl, source, send, rows } = await newCase(1300);
    const some = rows.map((row, n) => (n % 100 === 7 ? { ...row, project: 'NOWHERE' } : row));
    const report = expectReport(await send(some, { mode: 'partial' }), { created: 1287, rejected: 13 });
    assert.equal(Object.keys(await entriesOf(source)).length, 1287);
    assert.ok(Object.values(faultsOf(report)).every((code) => code === 'unknown-project'));
    expectReport(await send(rows, { mode: 'partial' }), { created: 13, unchanged: 1287 });
    await checkAllBooks(carl);
  });

  test('partial with rejected rows alone is 200, and can be looked up', async () => {
    const { carl, send } = await newCase();
    const report = expectReport(await send([rowOf(carl, { project: 'NOWHERE' })], { mode: 'partial' }), {
      rejected: 1,
    });
    const read = expectStatus(await machine.get(`/api/uploads/${report.upload_id}`), 200).json;
    assert.deepEqual(read.rows, report.rows);
  });

  for (const mode of ['atomic', 'partial']) {
    test(`dry run, ${mode}: the same report, and no trace in any table`, async () => {
      const { carl, send, rows } = await newCase(1100);
      expectReport(await send(rows.slice(0, 3)), { created: 3 });
      const some = [...rows, { ...rows[0], minutes: 61 }, { external_id: 'A-2', deleted: true }, rowOf(carl)];
      const numbers = { created: 1098, updated: 1, unchanged: 3, removed: 1 };
      const dry = await unchanged(async () =>
        expectReport(await send(some, { mode, dryRun: true }), numbers, { status: 200 }),
      );
      assert.equal(dry.upload_id, null);
      const real = expectReport(await send(some, { mode, dryRun: false }), numbers);
      assert.deepEqual(
        dry.rows.map(({ outcome }) => outcome),
        real.rows.map(({ outcome }) => outcome),
      );
      await checkAllBooks(carl);
    });

    test(`dry run, ${mode}, with rejected rows is 200 and says so; its key stays free`, async () => {
      const { carl, send } = await newCase();
      const rows = [rowOf(carl), rowOf(carl, { project: 'NOWHERE' })];
      const key = newKey();
      await unchanged(async () => {
        for (let n = 0; n < 2; n++) {
          const reply = await send(rows, { mode, dryRun: true, key });
          expectReport(reply, { created: 1, rejected: 1 }, { status: 200 });
          assert.equal(reply.headers[REPLAYED], undefined);
        }
      });
      expectReport(await send([rowOf(carl)], { key }), { created: 1 });
    });
  }
});

describe('a repeat by key', () => {
  for (const mode of ['atomic', 'partial']) {
    test(`${mode}: the same answer, marked, whatever happened since`, async () => {
      const { carl, send, rows } = await newCase(700);
      const some = [...rows, { external_id: 'A-1', deleted: true }, rowOf(carl)];
      const key = newKey();
      const numbers = { created: 701, removed: 1 };
      const first = await send(some, { mode, key });
      const report = expectReport(first, numbers);
      assert.equal(first.headers[REPLAYED], undefined);
      const again = async () => {
        const reply = await unchanged(() => send(some, { mode, key }));
        assert.equal(reply.headers[REPLAYED], 'true');
        assert.deepEqual(expectReport(reply, numbers), report);
      };
      await again();
      expectReport(await send([{ ...rows[1], minutes: 61 }]), { updated: 1 });
      await again();
      await checkAllBooks(carl);
    });
  }

  test('of one object: the entry as it was then', async () => {
    const { carl, send } = await newCase();
    const [key, row] = [newKey(), rowOf(carl, { external_id: 'A-1' })];
    const first = expectStatus(await send(row, { key }), 201);
    expectStatus(await send({ ...row, minutes: 61 }), 200);
    const again = await unchanged(() => send(row, { key }));
    expectStatus(again, 201);
    assert.equal(again.headers[REPLAYED], 'true');
    assert.deepEqual(again.json, first.json);
    assert.equal(again.headers.location, first.headers.location);
    assert.equal(again.etag, first.etag);
  });

  test('of a refused upload: judged anew', async () => {
    const { carl, send } = await newCase();
    const [key, code] = [newKey(), newKey()];
    const rows = [rowOf(carl, { external_id: 'A-1', project: code })];
    await unchanged(async () => expectRefused(await send(rows, { key }), { rejected: 1 }));
    await query('INSERT INTO project (code, name, state) VALUES (?, ?, 0)', code, code);
    expectReport(await send(rows, { key }), { created: 1 });
    await checkAllBooks(carl);
  });

  test('with another body, source or mode: 422', async () => {
    const { carl, send, rows } = await newCase(2);
    const [key, other] = [newKey(), await newSource()];
    expectReport(await send(rows, { key }), { created: 2 });
    await unchanged(async () => {
      for (const [body, options] of [
        [rows.toReversed()],
        [`${JSON.stringify(rows)} `],
        [rows, { mode: 'partial' }],
        [rows, { source: other }],
      ])
        expectProblem(await send(body, { key, ...options }), 422, 'idempotency-key-reused');
    });
    await checkAllBooks(carl);
  });

  test('a key of another caller is another key', async () => {
    const { carl, source, send, rows } = await newCase(1);
    const key = newKey();
    expectReport(await send(rows, { key }), { created: 1 });
    const bea = await newContractor({ scopes: EVERY_SCOPE });
    const reply = await upload(bea, [rowOf(carl)], { key });
    expectReport(reply, { created: 1 });
    assert.equal(reply.headers[REPLAYED], undefined);
    assert.equal(Object.keys(await entriesOf(source)).length, 1);
  });

  test('malformed keys are 400', async () => {
    const { send, rows } = await newCase(1);
    await unchanged(async () => {
      for (const key of ['short', 'x'.repeat(65), 'with spaces in between'])
        expectProblem(await send(rows, { key }), 400, 'malformed-request');
    });
  });

  for (const mode of ['atomic', 'partial']) {
    test(`${mode}, five times at once: stored once, all get the same report`, MINUTES, async () => {
      const { carl, source, send, rows } = await newCase(1500);
      const key = newKey();
      const settled = async () => {
        for (;;) {
          const reply = await send(rows, { mode, key });
          if (reply.status !== 503) return reply;
        }
      };
      const replies = await Promise.all(range(5).map(settled));
      const reports = replies.map((reply) => expectReport(reply, { created: 1500 }));
      for (const report of reports) assert.deepEqual(report, reports[0]);
      assert.equal(Object.keys(await entriesOf(source)).length, 1500);
      assert.equal((await query('SELECT id FROM upload WHERE id = ?', reports[0].upload_id)).length, 1);
      await checkAllBooks(carl);
    });

    test(`${mode}, the same rows under five keys at once: each row is made once`, MINUTES, async () => {
      const { carl, source, send, rows } = await newCase(600);
      const settled = async () => {
        const key = newKey();
        for (;;) {
          const reply = await send(rows, { mode, key });
          if (reply.status !== 503) return reply;
        }
      };
      const reports = (await Promise.all(range(5).map(settled))).map((reply) => {
        assert.ok([200, 201].includes(reply.status), reply.text.slice(0, 500));
        return checkReport(reply.json, 600);
      });
      const sum = (name) => reports.reduce((total, report) => total + report[name], 0);
      assert.deepEqual([sum('created'), sum('unchanged'), sum('rejected'), sum('updated')], [600, 2400, 0, 0]);
      assert.equal(Object.keys(await entriesOf(source)).length, 600);
      await checkAllBooks(carl);
    });
  }
});

describe('kills', () => {
  const COUNT = 10_000;
  const table = async (source) =>
    Object.values(await entriesOf(source)).map((row) => [
      row.external_id.toString(),
      row.person_id,
      row.work_date,
      row.minutes,
      row.note,
      row.status,
      row.version,
    ]);

  /** A big upload of some people; resolves with it and with what must be stored in the end. */
  async function newBig() {
    const source = await newSource();
    const people = await Promise.all(range(4).map(() => newContractor()));
    const rows = range(COUNT).map((n) =>
      rowOf(people[n % 4], {
        external_id: `K-${n}`,
        minutes: 1 + (n % 3),
        note: `n${n}`,
        date: addDays('2012-01-02', n % 900),
      }),
    );
    const send = (options) =>
      upload(machine, write.ndjson(rows), { source, type: NDJSON, mode: 'partial', ...options });
    const expected = rows
      .map((row, n) => [row.external_id, people[n % 4].id, row.date, row.minutes, row.note, 1, 1])
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const stored = async () => (await one('SELECT COUNT(*) AS n FROM entry WHERE source = ?', source)).n;
    return { source, people, send, expected, stored };
  }

  /** Kills every worker once some rows are stored, so that also nginx's second try finds none. */
  async function killedHalfWay({ send, stored }, options, least) {
    const reply = send(options).then(
      (answer) => answer.status,
      () => 0,
    );
    await waitFor('rows are stored', async () => (await stored()) >= least, { deadlineMs: 30_000, everyMs: 2 });
    let done = false;
    const ended = reply.finally(() => {
      done = true;
    });
    while (!done) {
      const pids = await workersOf();
      for (const pid of pids) signal(pid, 'SIGKILL');
      await waitFor('they are dead', () => pids.every((pid) => !isAlive(pid)));
      await pause(20);
    }
    await waitFor('served again', async () => (await anonymous.get('/api/health/ready')).status === 200, {
      deadlineMs: 10_000,
    });
    return ended;
  }

  test(
    'kill -9 of the workers in the middle, again under the same key: the whole report, each row once',
    MINUTES,
    async () => {
      const big = await newBig();
      const key = newKey();
      const half = [];
      for (const least of [1000, 4000, 7000]) {
        assert.notEqual(await killedHalfWay(big, { key }, least), 201, 'it was not whole yet');
        half.push(await big.stored());
      }
      assert.ok(
        half.every((n) => n > 0 && n < COUNT && n % 500 === 0),
        `whole transactions of 500: ${half}`,
      );
      const reply = await big.send({ key });
      const report = expectReport(reply, { created: COUNT });
      assert.equal(reply.headers[REPLAYED], 'true');
      assert.deepEqual(
        (await table(big.source)).sort(([a], [b]) => (a < b ? -1 : 1)),
        big.expected,
      );
      const [{ uploads }] = await query(
        'SELECT COUNT(*) AS uploads FROM upload u JOIN source s ON s.id = u.source_id WHERE s.name = ?',
        big.source,
      );
      assert.equal(uploads, 1);
      const again = expectReport(await big.send({ key }), { created: COUNT });
      assert.deepEqual(again, report);
      await checkAllBooks(...big.people);
    },
  );

  test(
    'kill -9 in the middle, again without a key: the rest is created, what was stored is unchanged',
    MINUTES,
    async () => {
      const big = await newBig();
      await killedHalfWay(big, {}, 2000);
      const there = await big.stored();
      assert.ok(there > 0 && there < COUNT, `${there} stored`);
      expectReport(await big.send(), { created: COUNT - there, unchanged: there });
      assert.deepEqual(
        (await table(big.source)).sort(([a], [b]) => (a < b ? -1 : 1)),
        big.expected,
      );
      expectReport(await big.send(), { unchanged: COUNT });
      await checkAllBooks(...big.people);
    },
  );

  test('kill -9 of a worker under an atomic upload: all or nothing', MINUTES, async () => {
    const big = await newBig();
    const key = newKey();
    const reply = big.send({ mode: 'atomic', key }).catch(() => undefined);
    for (let n = 0; n < 6; n++) {
      await pause(150);
      for (const pid of await workersOf()) signal(pid, 'SIGKILL');
      assert.ok([0, COUNT].includes(await big.stored()), 'all or nothing');
    }
    await reply;
    await waitFor('served again', async () => (await anonymous.get('/api/health/ready')).status === 200, {
      deadlineMs: 10_000,
    });
    expectReport(await big.send({ mode: 'atomic', key }), { created: COUNT });
    assert.deepEqual(
      (await table(big.source)).sort(([a], [b]) => (a < b ? -1 : 1)),
      big.expected,
    );
    await checkAllBooks(...big.people);
  });

  test('the database loses its connections in the middle: every row once', MINUTES, async () => {
    const big = await newBig();
    const key = newKey();
    let running = true;
    const cutting = (async () => {
      while (running) {
        const rows = await query("SELECT id FROM information_schema.processlist WHERE user = 'ts_app'");
        for (const { id } of rows) await query(`KILL CONNECTION ${Number(id)}`).catch(() => {});
        await pause(120);
      }
    })();
    const first = await big.send({ key }).catch(() => undefined);
    assert.ok(first === undefined || [201, 502, 503, 504].includes(first.status), first?.text.slice(0, 300));
    running = false;
    await cutting;
    await waitFor('whole', async () => (await big.send({ key })).status === 201, { deadlineMs: 60_000, everyMs: 200 });
    expectReport(await big.send({ key }), { created: COUNT });
    assert.deepEqual(
      (await table(big.source)).sort(([a], [b]) => (a < b ? -1 : 1)),
      big.expected,
    );
    await checkAllBooks(...big.people);
  });
});

describe('beside other writers', () => {
  test(
    'an owner posts and edits while an upload writes the same weeks: nothing is lost, the day limit holds',
    MINUTES,
    async () => {
      const { carl, source, send } = await newCase();
      const rows = range(3000).map((n) =>
        rowOf(carl, { external_id: `P-${n}`, minutes: 1, date: addDays('2024-01-01', n % 60) }),
      );
      const posts = [];
      let running = true;
      const lane = async (lane) => {
        for (let n = lane; running; n += 4)
          posts.push(await carl.post(work({ date: addDays('2024-01-01', n % 60), minutes: 1 })));
      };
      const owner = Promise.all(range(4).map(lane));
      const uploads = Promise.all([
        send(rows.slice(0, 1500), { mode: 'partial' }),
        send(rows.slice(1500), { mode: 'partial' }),
      ]);
      for (const reply of await uploads) expectReport(reply, { created: 1500 });
      running = false;
      await owner;
      for (const reply of posts) expectStatus(reply, 201);
      assert.ok(posts.length > 3, `${posts.length} posts`);
      assert.equal(Object.keys(await entriesOf(source)).length, 3000);
      await checkAllBooks(carl);
    },
  );

  test('two atomic uploads of two sources over the same weeks in opposite order', MINUTES, async () => {
    const people = await Promise.all(range(3).map(() => newContractor()));
    const sources = [await newSource(), await newSource()];
    const rows = range(2000).map((n) =>
      rowOf(people[n % 3], { external_id: `D-${n}`, minutes: 1, date: addDays('2023-01-02', n % 365) }),
    );
    const replies = await Promise.all([
      upload(machine, rows, { source: sources[0] }),
      upload(machine, rows.toReversed(), { source: sources[1] }),
    ]);
    for (const reply of replies) expectReport(reply, { created: 2000 });
    await checkAllBooks(...people);
  });

  test(
    'a manager approves while a changed row arrives: one of the two, and never content nobody saw',
    MINUTES,
    async () => {
      const boss = await newManager();
      for (let round = 0; round < 20; round++) {
        const { carl, send, row, entry } = await newStored();
        const [decided, sent] = await Promise.all([
          boss.send('PUT', `/api/approvals/${entry.id}`, { json: {}, headers: { 'If-Match': '"e1"' } }),
          send([{ ...row, minutes: 61 }], { mode: 'partial' }),
        ]);
        const now = await entryRow(entry.id);
        if (decided.status === 200) {
          assert.deepEqual(faultsOf(expectReport(sent, { rejected: 1 })), { 1: 'approved' });
          assert.deepEqual([now.status, now.minutes], [2, 60]);
        } else {
          expectProblem(decided, 412, 'version-mismatch');
          expectReport(sent, { updated: 1 });
          assert.deepEqual([now.status, now.minutes], [1, 61]);
        }
        await checkBooksOf(carl.id);
      }
    },
  );
});

describe('past uploads', () => {
  test('newest first, by pages; one with its rows; rows by outcome', async () => {
    const { carl, send } = await newCase();
    const rows = [rowOf(carl, { external_id: 'A-1' }), rowOf(carl, { project: 'NOWHERE' })];
    const reports = [];
    for (let n = 0; n < 3; n++)
      reports.push(expectStatus(await send(rows, { mode: 'partial' }), n === 0 ? 201 : 200).json);
    const ids = reports.map(({ upload_id }) => upload_id).toReversed();
    const first = expectStatus(await machine.get('/api/uploads?limit=2'), 200);
    assert.deepEqual(
      first.json.map(({ upload_id }) => upload_id),
      ids.slice(0, 2),
    );
    const next = /^<([^>]+)>; rel="next"$/.exec(first.headers.link)[1];
    assert.equal(expectStatus(await machine.get(next), 200).json[0].upload_id, ids[2]);
    const [latest] = first.json;
    assert.deepEqual(
      [latest.received, latest.created, latest.unchanged, latest.rejected, latest.state],
      [2, 0, 1, 1, 'finished'],
    );
    const read = expectStatus(await machine.get(`/api/uploads/${ids[0]}`), 200).json;
    assert.deepEqual(read.rows, reports[2].rows);
    const rejected = expectStatus(await machine.get(`/api/uploads/${ids[0]}?outcome=rejected`), 200).json;
    assert.deepEqual(
      rejected.rows.map(({ row }) => row),
      [2],
    );
  });

  test('own ones alone, everybody’s for an admin', async () => {
    const { send, rows } = await newCase(1);
    const { upload_id: id } = expectReport(await send(rows), { created: 1 });
    const path = `/api/uploads/${id}`;
    const bea = await newPerson({ scopes: ['batch:upload'] });
    expectProblem(await bea.get(path), 404, 'not-found');
    assert.deepEqual(expectStatus(await bea.get('/api/uploads'), 200).json, []);
    const admin = await newPerson({ scopes: ['admin:timesheets'] });
    assert.equal(expectStatus(await admin.get(path), 200).json.upload_id, id);
    const listed = expectStatus(await admin.get('/api/uploads?limit=1000'), 200).json;
    assert.ok(listed.some(({ upload_id }) => upload_id === id));
    expectStatus(await newPerson().then((person) => person.get(path)), 403);
    for (const bad of ['0', '01', 'x', '99999999999999999999', String(id + 1)])
      expectProblem(await machine.get(`/api/uploads/${bad}`), 404, 'not-found');
    expectProblem(await machine.get(`${path}?outcome=lost`), 422, 'validation');
    expectProblem(await machine.get('/api/uploads?limit=0'), 422, 'validation');
    expectProblem(await machine.get('/api/uploads?cursor=x'), 422, 'validation');
  });

  test('the machine of the demo uploads for the demo source without naming a person it does not know', async () => {
    const demo = { ...machine, token: await demoToken('machine') };
    Object.setPrototypeOf(demo, Object.getPrototypeOf(machine));
    const row = { user_id: '007', date: '2024-05-06', project: 'StoreZero', hours: 0.25, external_id: newKey() };
    const reply = expectStatus(await upload(demo, row, { source: 'contractor-tool' }), 201);
    assert.equal(reply.json.user_id, 'carl@contractors.example');
    expectReport(await upload(demo, [{ external_id: row.external_id, deleted: true }], { source: 'contractor-tool' }), {
      removed: 1,
    });
  });
});

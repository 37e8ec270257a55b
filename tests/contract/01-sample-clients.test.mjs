// The older sample clients' requests, as they sent them, are answered as those clients need: the web sample, the
// mobile sample and the scheduled upload.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Caller, LIST, newManager, newPerson } from '../integration/lib/caller.mjs';
import { expectProblem, expectStatus } from '../integration/lib/check.mjs';
import { demoToken } from '../integration/lib/tenant.mjs';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const UPLOAD = `${LIST}/upload`;

let ann;
let manager;
let robot;
before(async () => {
  [ann, manager] = await Promise.all([newPerson(), newManager()]);
  robot = new Caller(await demoToken('machine'));
});

/** What the mobile sample reads of every element; one that is missing ends its list. */
function checkElement(element) {
  assert.equal(typeof element.id, 'number');
  assert.ok(element.id < 2 ** 53);
  assert.equal(typeof element.user_id, 'string');
  assert.equal(typeof element.project, 'string');
  assert.match(element.date, /^\d{4}-\d{2}-\d{2}$/);
  assert.equal(typeof element.hours, 'number');
  assert.equal(typeof element.approved, 'boolean');
}

const postAngular = (caller) =>
  caller.send('POST', LIST, { json: { date: '2017-05-10', project: 'StoreZero', hours: 5 } });

describe('the web sample', () => {
  test('adds an entry with date, project and a number, and goes on at any 2xx', async () => {
    const reply = expectStatus(await postAngular(ann), 201);
    const { id: _, ...entry } = reply.json;
    const { date, project, hours, user_id: user, approved } = entry;
    assert.deepEqual(
      { date, project, hours, user, approved },
      {
        date: '2017-05-10',
        project: 'StoreZero',
        hours: 5,
        user: ann.email,
        approved: false,
      },
    );
  });

  test('sends members of the entry that the server decides, which are ignored', async () => {
    const json = {
      id: 7,
      user_id: 'somebody@else.example',
      approved: true,
      date: '2017-05-11',
      project: 'StoreZero',
      hours: 1,
    };
    const { json: entry } = expectStatus(await ann.send('POST', LIST, { json }), 201);
    assert.equal(entry.user_id, ann.email);
    assert.equal(entry.approved, false);
    assert.notEqual(entry.id, 7);
  });

  test('lists a bare array', async () => {
    const list = expectStatus(await ann.get(), 200).json;
    assert.ok(Array.isArray(list) && list.length > 0);
    for (const element of list) checkElement(element);
  });

  test('shows the reason phrase when something is refused', async () => {
    const reply = await ann.send('POST', LIST, { json: { date: 'yesterday', project: '', hours: -1e9 } });
    expectProblem(reply, 422, 'validation');
    assert.equal(reply.reason, 'Unprocessable Content');
  });

  test('lists approvals and approves one with {}', async () => {
    const { json: entry } = expectStatus(await postAngular(ann), 201);
    const inbox = expectStatus(await manager.get(`/api/approvals?user=${encodeURIComponent(ann.email)}`), 200).json;
    assert.ok(inbox.some(({ id, approved }) => id === entry.id && approved === false));
    for (const element of inbox) checkElement(element);
    const approved = expectStatus(await manager.send('PUT', `/api/approvals/${entry.id}`, { json: {} }), 200).json;
    assert.equal(approved.approved, true);
    checkElement(approved);
  });
});

describe('the mobile sample', () => {
  const form = { project: 'StoreZero', date: 'Wed May 10 00:00:00 GMT 2017', hours: '5.5' };

  test('sends hours as text and the date as java.util.Date writes it', async () => {
    const { json: entry } = expectStatus(await ann.send('POST', LIST, { json: form }), 201);
    assert.equal(entry.date, '2017-05-10');
    assert.equal(entry.hours, 5.5);
    checkElement(entry);
  });

  test('sends a date of its own zone: the date stands as it is written', async () => {
    const json = { ...form, date: 'Wed May 10 23:30:00 CEST 2017', hours: '0.25' };
    assert.equal(expectStatus(await ann.send('POST', LIST, { json }), 201).json.date, '2017-05-10');
  });

  test('approves with PUT and an empty body', async () => {
    const { json: entry } = expectStatus(
      await ann.send('POST', LIST, { json: { ...form, date: 'Thu May 11 00:00:00 GMT 2017' } }),
      201,
    );
    const reply = await manager.send('PUT', `/api/approvals/${entry.id}`, { body: '', headers: JSON_TYPE });
    assert.equal(expectStatus(reply, 200).json.approved, true);
    const again = await manager.send('PUT', `/api/approvals/${entry.id}`, { body: '', headers: JSON_TYPE });
    assert.equal(expectStatus(again, 200).json.approved, true);
  });

  test('reads every element of both lists whole', async () => {
    for (const element of expectStatus(await ann.get(), 200).json) checkElement(element);
    for (const element of expectStatus(await manager.get('/api/approvals'), 200).json) checkElement(element);
  });

  test('asks for an entry that is not there: 404, not a failure of the server', async () => {
    expectProblem(
      await manager.send('PUT', '/api/approvals/99999', { body: '', headers: JSON_TYPE }),
      404,
      'not-found',
    );
  });

  test('without the scope is refused with 403', async () => {
    expectProblem(await ann.get('/api/approvals'), 403, 'insufficient-scope');
  });
});

describe('the scheduled upload', () => {
  const row = { user_id: '007', date: '2017-05-10T17:40:20.095Z', project: 'StoreZero', hours: 5 };

  test('uploads one object and prints id and user_id of the answer', async () => {
    const { json: res } = expectStatus(await robot.send('POST', UPLOAD, { json: row }), 201);
    assert.equal(typeof res.id, 'number');
    assert.equal(res.user_id, 'carl@contractors.example');
    assert.equal(res.date, '2017-05-10');
    assert.equal(res.hours, 5);
    assert.equal(res.approved, false);
  });

  test('cannot approve what it uploads', async () => {
    const json = { ...row, date: '2017-05-12T08:00:00Z', approved: true };
    assert.equal(expectStatus(await robot.send('POST', UPLOAD, { json }), 201).json.approved, false);
  });

  test('uploads an array: every row is an entry that can be approved', async () => {
    const json = [
      { ...row, date: '2017-06-01T00:00:00Z' },
      { ...row, date: '2017-06-02T23:59:59+02:00', hours: '2.5' },
    ];
    const { json: report } = expectStatus(await robot.send('POST', UPLOAD, { json }), 201);
    assert.deepEqual([report.received, report.created, report.rejected], [2, 2, 0]);
    const inbox = expectStatus(
      await manager.get('/api/approvals?user=carl%40contractors.example&limit=1000'),
      200,
    ).json;
    const waiting = new Set(inbox.map(({ id }) => id));
    for (const { entry_id: id } of report.rows) assert.ok(waiting.has(id), `${id} is not among the approvals`);
  });

  test('names somebody nobody knows: the row is refused and nothing is stored', async () => {
    const reply = await robot.send('POST', UPLOAD, { json: { ...row, user_id: 'nobody' } });
    assert.equal(expectStatus(reply, 422).json.status, 422);
  });
});

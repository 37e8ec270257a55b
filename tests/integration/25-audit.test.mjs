// The audit trail: GET /audit, and `timesheets-admin audit verify` over what the stack has written.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { EMPLOYEE, newKey, newManager, newPerson, READ, work } from './lib/caller.mjs';
import { expectFaults, expectNoScope, expectProblem, expectStatus, expectUnauthenticated } from './lib/check.mjs';
import { personIdOf, query } from './lib/database.mjs';
import { send } from './lib/http.mjs';
import { stack } from './lib/stack.mjs';

const AUDIT = '/api/audit';
const ADMIN = 'admin:timesheets';
const MACHINE = ['batch:upload'];
const newAdmin = () => newPerson({ scopes: [ADMIN] });

/** Events of a page, oldest first. */
async function events(caller, search = '') {
  const reply = expectStatus(await caller.get(`${AUDIT}${search}`), 200);
  assert.equal(reply.headers['content-type'], 'application/x-ndjson');
  assert.equal(reply.headers['cache-control'], 'no-store');
  return { list: linesOf(reply.text), next: /^<([^>]+)>; rel="next"$/.exec(reply.headers.link ?? '')?.[1] };
}

function linesOf(text) {
  if (text !== '') assert.equal(text.at(-1), '\n');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** All pages, by following the Link header. */
async function allEvents(caller, search) {
  const all = [];
  for (let next = search; next !== undefined; ) {
    const page = await events(caller, next.replace(AUDIT, ''));
    all.push(...page.list);
    next = page.next;
  }
  return all;
}

const words = (list) => list.map(({ week, stream, seq, action }) => `${week ?? stream}#${seq} ${action}`);

/** Runs the command. Resolves with its exit code and what it said. */
function verify(...options) {
  const program = path.join(stack.TS_BUILD_DIR, 'timesheets-admin');
  const env = {
    TS_DB_SOCKET: stack.TS_DB_SOCKET,
    TS_DB_NAME: stack.TS_DB_NAME,
    TS_DB_USER: 'ts_app', // reading is all it takes
    TS_DB_PASSWORD_FILE: stack.TS_DB_APP_PASSWORD_FILE,
    TS_AUDIT_KEY_FILE: path.join(stack.TS_STACK_DIR, 'secrets/audit-key'),
  };
  return new Promise((resolve) => {
    execFile(program, ['audit', 'verify', ...options], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

describe('GET /audit', () => {
  let ann;
  let other;
  let manager;
  let admin;
  let entry;
  const week = '2024-W19';

  before(async () => {
    [ann, other, manager, admin] = await Promise.all([newPerson(), newPerson(), newManager(), newAdmin()]);
    const made = expectStatus(await ann.post(work({ note: 'Prüfung <b>' }), { key: newKey() }), 201);
    entry = made.json;
    const edited = expectStatus(await ann.patch(entry.id, { minutes: 90 }, made.headers.etag), 200);
    expectStatus(await ann.post(work({ date: '2024-04-29' })), 201);
    expectStatus(await ann.delete(entry.id, edited.headers.etag), 204);
    expectStatus(await other.post(work()), 201);
  });

  test('shows each change of one own week, in order, with what was before and after', async () => {
    const { list } = await events(ann, `?week=${week}`);
    assert.deepEqual(words(list), [`${week}#1 entry_created`, `${week}#2 entry_edited`, `${week}#3 entry_deleted`]);
    const id = await personIdOf(ann);
    for (const event of list) {
      assert.equal(event.stream, 'week');
      assert.equal(event.person_id, id);
      assert.equal(event.user_id, ann.email);
      assert.equal(event.actor, ann.email);
      assert.equal(event.actor_id, id);
      assert.equal(event.entry_id, entry.id);
      assert.equal(event.project, null);
      assert.equal(event.source, null);
      assert.ok(Math.abs(Date.parse(event.at) - Date.now()) < 3600e3, event.at);
    }
    assert.deepEqual(list[0].after, entry);
    assert.equal(list[0].before, null);
    assert.deepEqual(list[1].before, entry);
    assert.equal(list[1].after.minutes, 90);
    assert.deepEqual(list[2].before, list[1].after);
    assert.equal(list[2].after, null);
  });

  test('begins with the own stream of the person, then goes week by week', async () => {
    assert.deepEqual(words((await events(ann)).list), [
      'person#1 person_made',
      '2024-W18#1 entry_created',
      `${week}#1 entry_created`,
      `${week}#2 entry_edited`,
      `${week}#3 entry_deleted`,
    ]);
  });

  test('follows a deleted entry', async () => {
    assert.equal((await events(ann, `?entry=${entry.id}`)).list.length, 3);
    assert.equal((await events(admin, `?entry=${entry.id}`)).list.length, 3);
    assert.equal((await events(other, `?entry=${entry.id}`)).list.length, 0);
  });

  test('shows an employee and a manager their own events only', async () => {
    for (const caller of [other, manager]) {
      for (const { person_id: id, stream } of (await events(caller, '?limit=1000')).list) {
        assert.equal(id, await personIdOf(caller));
        assert.ok(['week', 'person'].includes(stream));
      }
      const id = await personIdOf(ann);
      for (const search of [`?user=${id}`, `?user=${ann.email}`, '?user=nobody', '?project=StoreZero'])
        expectNoScope(await caller.get(`${AUDIT}${search}`), ADMIN);
    }
  });

  test('shows an admin everybody, by time, by person and by week', async () => {
    const id = await personIdOf(ann);
    assert.deepEqual(words((await events(admin, `?user=${id}`)).list), words((await events(ann)).list));
    const today = new Date().toISOString().slice(0, 10);
    const yesterday = new Date(Date.now() - 864e5).toISOString().slice(0, 10);
    const all = await allEvents(admin, `?from=${yesterday}&to=${today}&limit=400`);
    assert.deepEqual(
      all.map(({ at }) => at),
      all.map(({ at }) => at).toSorted(),
    );
    for (const caller of [ann, other, manager, admin])
      assert.ok(
        all.some(({ actor }) => actor === caller.email),
        caller.email,
      );
    const ofWeek = await allEvents(admin, `?week=${week}&limit=300`);
    assert.ok(ofWeek.every((event) => event.week === week));
    for (const caller of [ann, other]) assert.ok(ofWeek.some(({ user_id: user }) => user === caller.email));
  });

  test('pages hold each event once', async () => {
    const whole = words((await events(ann)).list);
    for (const limit of [1, 2, 3, 4, 5])
      assert.deepEqual(words(await allEvents(ann, `?limit=${limit}`)), whole, `limit ${limit}`);
  });

  test('shows the decision of a manager in the week of its owner', async () => {
    const owner = await newPerson();
    const made = expectStatus(await owner.post(work({ date: '2024-05-13' })), 201).json;
    expectStatus(await manager.send('PUT', `/api/approvals/${made.id}`, { json: {} }), 200);
    const { list } = await events(owner, '?week=2024-W20');
    assert.deepEqual(words(list), ['2024-W20#1 entry_created', '2024-W20#2 entry_approved']);
    assert.equal(list[1].actor, manager.email);
    assert.equal(list[1].before.status, 'submitted');
    assert.equal(list[1].after.status, 'approved');
    assert.equal((await events(manager, '?week=2024-W20')).list.length, 0);
  });

  test('shows what admins keep: projects, sources and people', async () => {
    const keeper = await newPerson({ scopes: [ADMIN, READ] });
    const code = `AUD-${newKey().slice(-8)}`;
    const source = `aud-${newKey().slice(-8)}`;
    const made = expectStatus(await keeper.send('POST', '/api/projects', { json: { code, name: 'Audited' } }), 201);
    const closing = { json: { state: 'closed' }, headers: { 'If-Match': made.headers.etag } };
    expectStatus(await keeper.send('PATCH', `/api/projects/${code}`, closing), 200);
    expectStatus(await keeper.send('POST', '/api/sources', { json: { name: source, client_id: 'tool' } }), 201);
    const ofProject = (await events(admin, `?project=${code}`)).list;
    assert.deepEqual(words(ofProject), ['project#1 project_added', 'project#2 project_edited']);
    for (const event of ofProject) {
      assert.equal(event.project, code);
      assert.equal(event.person_id, null);
      assert.equal(event.actor, keeper.email);
    }
    assert.equal(ofProject[1].after.state, 'closed');
    const today = new Date().toISOString().slice(0, 10);
    const all = await allEvents(admin, `?from=${today}&limit=1000`);
    assert.ok(all.some((event) => event.stream === 'source' && event.source === source));
    // and not as events of the person whose number the project has
    const ofKeeper = (await events(admin, `?user=${keeper.email}`)).list;
    assert.deepEqual(words(ofKeeper), ['person#1 person_made']);
  });

  test('comes compressed to who asks for it', async () => {
    const plain = (await events(ann)).list;
    const reply = expectStatus(await ann.get(AUDIT, { headers: { 'Accept-Encoding': 'gzip' } }), 200);
    assert.equal(reply.headers['content-encoding'], 'gzip');
    assert.deepEqual(linesOf(reply.text), plain);
  });

  test('is refused without token, right or sense', async () => {
    expectUnauthenticated(await send('GET', AUDIT), { credentials: false });
    const creator = await newPerson({ scopes: EMPLOYEE.filter((scope) => scope !== READ) });
    expectProblem(await creator.get(AUDIT), 403, 'insufficient-scope');
    const machine = await newPerson({ sub: 'tool@clients', scopes: [...MACHINE, READ, ADMIN], email: null });
    expectProblem(await machine.get(AUDIT), 403, 'person-required');
    expectProblem(await admin.send('POST', AUDIT, { json: {} }), 405, 'method-not-allowed');
    expectFaults(await ann.get(`${AUDIT}?week=2024-W60`), { '?week': 'format' });
    expectFaults(await admin.get(`${AUDIT}?user=nobody`), { '?user': 'unknown-person' });
    expectFaults(await admin.get(`${AUDIT}?project=nothing`), { '?project': 'unknown-project' });
    expectFaults(await ann.get(`${AUDIT}?cursor=zz`), { '?cursor': 'format' });
  });
});

describe('timesheets-admin audit verify', () => {
  test('finds nothing wrong with what a person did, and a byte that was changed', async () => {
    const ann = await newPerson();
    for (const date of ['2024-05-06', '2024-05-07', '2024-05-08'])
      expectStatus(await ann.post(work({ date }), { key: newKey() }), 201);
    const id = await personIdOf(ann);
    const fine = await verify('--person', String(id));
    assert.deepEqual([fine.code, fine.stderr], [0, ''], fine.stdout);
    assert.match(fine.stdout, /^4 events in 2 streams, 0 of them erased: 0 faults \(/);

    const where = 'person_id = ? AND week = 202419 AND seq = 2';
    await query(`UPDATE event SET after_json = REPLACE(after_json, '"minutes":60', '"minutes":61') WHERE ${where}`, id);
    const changed = await verify('--person', String(id));
    assert.equal(changed.code, 1);
    assert.ok(
      changed.stdout.startsWith(`person ${id}, week 2024-W19, event 2: the digest does not fit`),
      changed.stdout,
    );
    await query(`UPDATE event SET after_json = REPLACE(after_json, '"minutes":61', '"minutes":60') WHERE ${where}`, id);

    await query(`UPDATE event SET salt = NULL, before_json = NULL, after_json = NULL WHERE ${where}`, id);
    const erased = await verify('--person', String(id));
    assert.equal(erased.code, 0, erased.stdout);
    assert.match(erased.stdout, / 1 of them erased/);

    await query('UPDATE entry SET minutes = 1 WHERE person_id = ? AND work_date = "2024-05-07"', id);
    const behind = await verify('--quiet', '--person', String(id));
    assert.equal(behind.code, 1);
    assert.match(behind.stdout, /week 2024-W19: its row has 59 minutes more on Tuesday than its entries\n/);
    await query('UPDATE entry SET minutes = 60 WHERE person_id = ? AND work_date = "2024-05-07"', id);
    assert.deepEqual(await verify('--quiet', '--person', String(id)), { code: 0, stdout: '', stderr: '' });
  });

  test('works while the service writes', async () => {
    const people = await Promise.all([newPerson(), newPerson()]);
    let writing = true;
    const writers = people.map(async (person) => {
      for (let i = 0; writing && i < 200; i++) expectStatus(await person.post(work({ minutes: 1 })), 201);
    });
    await Promise.all(people.map((person) => personIdWhenKnown(person)));
    for (let round = 0; round < 5; round++) {
      for (const person of people) {
        const { code, stdout } = await verify('--person', String(await personIdOf(person)));
        assert.equal(code, 0, stdout);
      }
    }
    writing = false;
    await Promise.all(writers);
  });

  test('says what it cannot do, with an exit code of its own', async () => {
    assert.equal((await verify('--key-file', '/nonexistent')).code, 2);
    assert.equal((await verify('--person', 'ann')).code, 2);
    assert.equal((await verify('--wrong')).code, 2);
  });
});

/** The person is made by the first request. */
async function personIdWhenKnown(caller) {
  for (;;) {
    const rows = await query('SELECT id FROM person WHERE sub = ?', Buffer.from(caller.sub));
    if (rows.length > 0) return rows[0].id;
  }
}

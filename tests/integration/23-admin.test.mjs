// What admins keep: projects, people, sources and the period lock.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { checkBooks, checkStream, STREAMS } from './lib/audit.mjs';
import {
  ADMIN,
  anonymous,
  Caller,
  EMPLOYEE,
  EVERY_SCOPE,
  LIST,
  MANAGER,
  newAdmin,
  newKey,
  newManager,
  newPerson,
  newSub,
  READ,
  work,
} from './lib/caller.mjs';
import {
  expectFaults,
  expectNoScope,
  expectProblem,
  expectStatus,
  expectUnauthenticated,
  range,
} from './lib/check.mjs';
import { one, personIdOf, query, unchanged } from './lib/database.mjs';
import { addDays, today } from './lib/dates.mjs';
import { demoToken, mint } from './lib/tenant.mjs';

const LOCK = '/api/periods/lock';
const REPLAYED = 'idempotency-replayed';
const unique = () => newSub().slice(6, 18);

let admin;
before(async () => {
  admin = await newAdmin();
  expectStatus(await admin.get('/api/me'), 200);
});

const post = (path, json, { key, by = admin } = {}) =>
  by.send('POST', path, { json, headers: key ? { 'Idempotency-Key': key } : {} });
const change =
  (method) =>
  (path, tag, json, { key, by = admin } = {}) =>
    by.send(method, path, {
      json,
      headers: { ...(tag && { 'If-Match': tag }), ...(key && { 'Idempotency-Key': key }) },
    });
const patch = change('PATCH');
const put = change('PUT');

async function newProject(more) {
  return expectStatus(await post('/api/projects', { code: `T-${unique()}`, name: 'Test project', ...more }), 201);
}

/** Moves the lock to wherever, whatever its version is. */
async function lockThrough(date) {
  return expectStatus(await put(LOCK, '*', { locked_through: date }), 200);
}

describe('who may do what', () => {
  const project = { code: 'NEVER', name: 'x' };
  const person = { name: 'x', kind: 'employee', email: 'never@tests.example' };
  const source = { name: 'never', client_id: 'x' };
  const routes = [
    ['GET', '/api/projects/StoreZero', READ],
    ['POST', '/api/projects', ADMIN, project],
    ['PATCH', '/api/projects/StoreZero', ADMIN, { name: 'x' }],
    ['GET', '/api/people', `approve:timesheets ${ADMIN}`],
    ['GET', '/api/people/1', `approve:timesheets ${ADMIN}`],
    ['POST', '/api/people', ADMIN, person],
    ['PATCH', '/api/people/1', ADMIN, { name: 'x' }],
    ['GET', '/api/sources', ADMIN],
    ['GET', '/api/sources/never', ADMIN],
    ['POST', '/api/sources', ADMIN, source],
    ['PATCH', '/api/sources/never', ADMIN, { client_id: 'x' }],
    ['GET', LOCK, READ],
    ['PUT', LOCK, ADMIN, { locked_through: today() }],
  ];

  for (const [method, path, scopes, json] of routes) {
    test(`${method} ${path}: a person with one of ${scopes}`, async () => {
      const lesser = EVERY_SCOPE.filter((scope) => !scopes.split(' ').includes(scope));
      const somebody = await newPerson({ scopes: lesser });
      const everything = { scope: EVERY_SCOPE.join(' '), gty: 'client-credentials' };
      const machine = new Caller(await mint({ payload: { sub: newSub(), azp: undefined, ...everything } }));
      const options = { json, headers: { 'If-Match': '*' } };
      await unchanged(async () => {
        expectUnauthenticated(await anonymous.send(method, path, options), { credentials: false });
        expectNoScope(await somebody.send(method, path, options), scopes);
        expectProblem(await machine.send(method, path, options), 403, 'person-required');
      });
    });
  }

  test('a manager reads people and changes nothing of what admins keep', async () => {
    const manager = await newManager();
    const { json } = expectStatus(await manager.get('/api/people?limit=1'), 200);
    await unchanged(async () => {
      for (const [method, path, , body] of routes.filter(([, , scopes]) => scopes === ADMIN)) {
        expectNoScope(await manager.send(method, path, { json: body, headers: { 'If-Match': '*' } }), ADMIN);
      }
      expectNoScope(await patch(`/api/people/${json[0].id}`, '*', { kind: 'employee' }, { by: manager }), ADMIN);
    });
  });
});

describe('projects', () => {
  test('a project from its making to its closing, and what its entries see of it', async () => {
    const ann = await newPerson();
    const made = await newProject({ customer: 'ABC Inc.', starts_on: '2024-05-01' });
    const { code } = made.json;
    assert.equal(made.headers.location, `/api/projects/${code}`);
    assert.equal(made.etag, '"p1"');
    assert.deepEqual(made.json, {
      code,
      name: 'Test project',
      customer: 'ABC Inc.',
      state: 'open',
      starts_on: '2024-05-01',
      ends_on: null,
      version: 1,
    });
    const path = made.headers.location;
    assert.deepEqual((await ann.get(path)).json, made.json);
    expectStatus(await ann.get(path, { headers: { 'If-None-Match': '"p1"' } }), 304);
    expectProblem(await ann.post(work({ project: code, date: '2024-04-30' })), 409, 'project-closed');
    const { json: entry, etag } = expectStatus(await ann.post(work({ project: code })), 201);

    const closed = expectStatus(await patch(path, '"p1"', { state: 'closed' }), 200);
    assert.deepEqual([closed.json.state, closed.etag], ['closed', '"p2"']);
    // A worker remembers a project for at most a second.
    let refused;
    for (let tries = 0; refused?.status !== 409 && tries < 400; tries++) {
      refused = await ann.post(work({ project: code, minutes: 1 }));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expectProblem(refused, 409, 'project-closed');
    assert.equal(expectStatus(await ann.get(`${LIST}/${entry.id}`), 200).json.project, code);
    expectStatus(await ann.patch(entry.id, { note: 'put right' }, etag), 200);

    expectStatus(await patch(path, '"p2"', { state: 'open', starts_on: null }), 200);
    expectStatus(await ann.post(work({ project: code, date: '2024-04-30', minutes: 1 })), 201);
    const { id } = await one('SELECT id FROM project WHERE code = ?', code);
    const events = await checkStream(id, STREAMS.project);
    assert.deepEqual(
      events.map(({ action, actor_id: actor }) => [action, actor]),
      [30, 31, 31].map((action) => [action, events[0].actor_id]),
    );
    assert.equal(events[0].actor_id, await personIdOf(admin));
    assert.equal(JSON.parse(events[1].before_json).state, 'open');
    assert.equal(JSON.parse(events[1].after_json).state, 'closed');
    await checkBooks(ann);
  });

  test('any code that can be made has an address', async () => {
    const ann = await newPerson();
    for (const text of [
      'a b',
      '100%',
      'A&B=1',
      'ü€🦊',
      'a?b#c',
      '%41',
      'a+b',
      '...',
      '.x',
      "o'x",
      'a;b',
      '<b>',
      'a\\b',
    ]) {
      const code = `${text}${unique()}`;
      const made = expectStatus(await post('/api/projects', { code, name: text }), 201);
      assert.equal(decodeURIComponent(made.headers.location), `/api/projects/${code}`);
      assert.equal(expectStatus(await ann.get(made.headers.location), 200).json.code, code);
      expectStatus(await patch(made.headers.location, made.etag, { name: 'renamed' }), 200);
      expectStatus(await ann.post(work({ project: code, minutes: 1 })), 201);
    }
  });

  test('a code that has none, or that is taken, is refused', async () => {
    await unchanged(async () => {
      for (const code of ['a/b', '/', '.', '..', ' a', 'a ', 'a\tb', 'a\nb']) {
        expectFaults(await post('/api/projects', { code, name: 'x' }), { '/code': 'format' });
      }
      const taken = expectProblem(await post('/api/projects', { code: 'StoreZero', name: 'x' }), 409, 'taken');
      assert.deepEqual(
        taken.errors.map(({ pointer, code }) => [pointer, code]),
        [['/code', 'taken']],
      );
      expectFaults(await patch('/api/projects/StoreZero', '*', { code: 'x', version: 1 }), {
        '/code': 'read-only',
        '/version': 'read-only',
      });
      expectFaults(
        await post('/api/projects', { code: 'X', name: 'x', starts_on: '2026-02-02', ends_on: '2026-02-01' }),
        {
          '/ends_on': 'range',
        },
      );
    });
  });

  test('If-Match: without 428, stale 412, of something else 412; nothing is stored', async () => {
    const { json, headers } = await newProject();
    await unchanged(async () => {
      expectProblem(await patch(headers.location, undefined, { name: 'x' }), 428, 'precondition-required');
      for (const tag of ['"p2"', '"e1"', '"u1"', 'p1', '"1"', 'W/"p2"'])
        expectProblem(await patch(headers.location, tag, { name: 'x' }), 412, 'version-mismatch');
      expectProblem(await patch('/api/projects/nothing', '"p1"', { name: 'x' }), 404, 'not-found');
      const same = expectStatus(await patch(headers.location, '"p1"', { name: json.name }), 200);
      assert.deepEqual([same.json, same.etag], [json, '"p1"']);
    });
  });

  test('of two changes at once just one is made', async () => {
    const { headers } = await newProject();
    for (let version = 1; version <= 20; version++) {
      const replies = await Promise.all(
        ['one', 'two'].map((name) => patch(headers.location, `"p${version}"`, { name: `${name} ${version}` })),
      );
      const statuses = replies.map(({ status }) => status).sort();
      assert.deepEqual(statuses, [200, 412]);
      const won = replies.find(({ status }) => status === 200);
      assert.deepEqual((await admin.get(headers.location)).json, won.json);
    }
  });

  test('of two projects with one code at once just one is made', async () => {
    for (let round = 0; round < 10; round++) {
      const code = `R-${unique()}`;
      const replies = await Promise.all(range(4).map((n) => post('/api/projects', { code, name: `${n}` })));
      assert.deepEqual(replies.map(({ status }) => status).sort(), [201, 409, 409, 409]);
      const { id } = await one('SELECT id FROM project WHERE code = ?', code);
      assert.equal((await checkStream(id, STREAMS.project)).length, 1);
    }
  });

  test('a repeat under the same key gives the first answer', async () => {
    const [code, key, patchKey] = [`K ${unique()}`, newKey(), newKey()];
    const first = expectStatus(await post('/api/projects', { code, name: 'x' }, { key }), 201);
    const changed = expectStatus(await patch(first.headers.location, '"p1"', { name: 'y' }, { key: patchKey }), 200);
    await unchanged(async () => {
      for (const [reply, was] of [
        [await post('/api/projects', { code, name: 'x' }, { key }), first],
        [await patch(first.headers.location, '"p1"', { name: 'y' }, { key: patchKey }), changed],
      ]) {
        expectStatus(reply, was.status);
        assert.equal(reply.headers[REPLAYED], 'true');
        assert.equal(reply.text, was.text);
        for (const name of ['etag', 'location', 'cache-control']) assert.equal(reply.headers[name], was.headers[name]);
      }
      expectProblem(await post('/api/projects', { code, name: 'z' }, { key }), 422, 'idempotency-key-reused');
      expectProblem(await post('/api/projects', { code, name: 'x' }), 409, 'taken');
    });
  });
});

describe('people', () => {
  const newcomer = async (more) =>
    expectStatus(
      await post('/api/people', {
        name: 'Carl Contractor',
        kind: 'contractor',
        email: `C.${unique()}@Tests.example`,
        ...more,
      }),
      201,
    );

  test('made by an admin, claimed at the first login, with the kind and the name that the admin gave', async () => {
    const number = unique();
    const made = await newcomer({ employee_number: number, active_from: '2026-01-05' });
    const { id, email } = made.json;
    assert.equal(email, email.toLowerCase());
    assert.deepEqual([made.json.user_id, made.json.claimed, made.etag], [email, false, '"u1"']);
    assert.equal(made.headers.location, `/api/people/${id}`);
    const carl = await newPerson({ email: email.toUpperCase(), name: 'As the tenant says', kind: 'employee' });
    const me = expectStatus(await carl.get('/api/me'), 200).json;
    assert.deepEqual([me.person_id, me.name, me.kind, me.user_id], [id, 'Carl Contractor', 'contractor', email]);
    const now = expectStatus(await admin.get(`/api/people/${id}`), 200);
    assert.deepEqual(now.json, { ...made.json, claimed: true, version: 2 });
    expectFaults(await patch(`/api/people/${id}`, '"u2"', { email: 'other@tests.example' }), { '/email': 'claimed' });
    expectStatus(await patch(`/api/people/${id}`, '"u2"', { kind: 'employee', active_to: '2026-06-30' }), 200);
    assert.equal((await carl.get('/api/me')).json.kind, 'employee');
    const events = await checkStream(id, STREAMS.person);
    assert.deepEqual(
      events.map(({ action, actor_id: actor }) => [action, actor === id]),
      [
        [22, false],
        [21, true],
        [23, false],
      ],
    );
  });

  test('an unverified address claims nobody', async () => {
    const { json } = await newcomer();
    const liar = await newPerson({ email: json.email, verified: false });
    assert.notEqual((await liar.get('/api/me')).json.person_id, json.id);
    assert.equal((await admin.get(`/api/people/${json.id}`)).json.claimed, false);
  });

  test('unbound, the next login with the verified address claims the person and has its entries', async () => {
    const { json } = await newcomer();
    const path = `/api/people/${json.id}`;
    const old = await newPerson({ email: json.email });
    const { json: entry } = expectStatus(await old.post(work()), 201);
    expectFaults(await patch(path, '"u2"', { claimed: true }), { '/claimed': 'value' });
    const unbound = expectStatus(await patch(path, '"u2"', { claimed: false }), 200);
    assert.deepEqual([unbound.json.claimed, unbound.etag], [false, '"u3"']);
    const next = await newPerson({ email: json.email });
    assert.equal((await next.get('/api/me')).json.person_id, json.id);
    assert.equal(expectStatus(await next.get(`${LIST}/${entry.id}`), 200).json.user_id, json.email);
    await checkBooks(next);
  });

  test('an address or a number leads to one person', async () => {
    const number = unique();
    const { json: carl } = await newcomer({ employee_number: number });
    const bob = await newPerson();
    expectStatus(await bob.get('/api/me'), 200);
    await unchanged(async () => {
      for (const [more, pointer] of [
        [{ email: carl.email.toUpperCase() }, '/email'],
        [{ email: bob.email }, '/email'],
        [{ email: `x${carl.email}`, employee_number: number }, '/employee_number'],
      ]) {
        const reply = await post('/api/people', { name: 'x', kind: 'employee', ...more });
        assert.deepEqual(
          expectProblem(reply, 409, 'taken').errors.map((error) => [error.pointer, error.code]),
          [[pointer, 'taken']],
        );
      }
      expectFaults(await post('/api/people', { name: 'x', kind: 'employee' }), { '/email': 'required' });
      expectFaults(await post('/api/people', { name: '', kind: 'chief', employee_number: 'a|b' }), {
        '/name': 'length',
        '/kind': 'value',
        '/employee_number': 'format',
      });
    });
  });

  test('the list: by user_id, in pages, by text, kind and date', async () => {
    const mark = unique();
    const made = [];
    for (const n of range(3))
      made.push((await newcomer({ name: `${mark} ${n}`, kind: n === 1 ? 'employee' : 'contractor' })).json);
    expectStatus(await patch(`/api/people/${made[2].id}`, '"u1"', { active_to: '2026-06-30' }), 200);
    const list = async (more) => {
      const found = [];
      for (let path = `/api/people?q=${mark}${more}`; path; ) {
        const reply = expectStatus(await admin.get(path), 200);
        found.push(...reply.json.map(({ id }) => id));
        path = /<([^>]+)>; rel="next"/.exec(reply.headers.link ?? '')?.[1];
      }
      return found;
    };
    const ids = (people) => people.toSorted((a, b) => (a.user_id < b.user_id ? -1 : 1)).map(({ id }) => id);
    assert.deepEqual(await list(''), ids(made));
    assert.deepEqual(await list('&limit=1'), ids(made));
    assert.deepEqual(await list('&limit=2'), ids(made));
    assert.deepEqual(await list('&kind=employee'), [made[1].id]);
    assert.deepEqual(await list('&active=2026-07-01'), ids(made.slice(0, 2)));
    assert.deepEqual(await list('&active=2026-06-30'), ids(made));
    expectFaults(await admin.get('/api/people?kind=chief&active=now&limit=0&x=1'), {
      '?kind': 'value',
      '?active': 'format',
      '?limit': 'range',
      '?x': 'unknown',
    });
  });

  test('of two changes at once just one is made', async () => {
    const { headers } = await newcomer();
    for (let version = 1; version <= 10; version++) {
      const replies = await Promise.all(
        ['one', 'two'].map((name) => patch(headers.location, `"u${version}"`, { name: `${name} ${version}` })),
      );
      assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 412]);
    }
  });

  test('a login and a change at the same time: both are there, or the change is refused', async () => {
    for (let round = 0; round < 10; round++) {
      const { json, headers } = await newcomer();
      const carl = await newPerson({ email: json.email });
      const [me, changed] = await Promise.all([
        carl.get('/api/me'),
        patch(headers.location, '"u1"', { kind: 'employee' }),
      ]);
      assert.equal(expectStatus(me, 200).json.person_id, json.id);
      const row = (await admin.get(headers.location)).json;
      if (changed.status === 200) assert.deepEqual([row.kind, row.claimed, row.version], ['employee', true, 3]);
      else {
        expectProblem(changed, 412, 'version-mismatch');
        assert.deepEqual([row.kind, row.claimed, row.version], ['contractor', true, 2]);
      }
      await checkStream(json.id, STREAMS.person);
    }
  });
});

describe('sources', () => {
  test('made, listed, given to another client', async () => {
    const name = `tool-${unique()}`;
    const key = newKey();
    const made = expectStatus(await post('/api/sources', { name, client_id: 'one' }, { key }), 201);
    assert.deepEqual([made.json, made.etag], [{ name, client_id: 'one', version: 1 }, '"s1"']);
    const path = made.headers.location;
    assert.deepEqual(expectStatus(await admin.get(path), 200).json, made.json);
    assert.ok(expectStatus(await admin.get('/api/sources'), 200).json.some((source) => source.name === name));
    const moved = expectStatus(await patch(path, '"s1"', { client_id: `two-${name}` }), 200);
    assert.deepEqual(moved.json, { name, client_id: `two-${name}`, version: 2 });
    const { id, client } = await one('SELECT id, client FROM source WHERE name = ?', name);
    assert.ok(client >= 2 ** 31, "clients' numbers begin where those of persons end");
    assert.deepEqual(
      (await checkStream(id, STREAMS.source)).map(({ action }) => action),
      [40, 41],
    );
    await unchanged(async () => {
      const again = expectStatus(await post('/api/sources', { name, client_id: 'one' }, { key }), 201);
      assert.deepEqual([again.text, again.headers[REPLAYED]], [made.text, 'true']);
      expectProblem(await post('/api/sources', { name, client_id: 'never-seen' }), 409, 'taken');
      expectProblem(await patch(path, '"s1"', { client_id: 'never-seen' }), 412, 'version-mismatch');
      expectProblem(await patch(path, undefined, { client_id: 'never-seen' }), 428, 'precondition-required');
      expectFaults(await post('/api/sources', { name: 'a b', client_id: 'ü' }), {
        '/name': 'format',
        '/client_id': 'format',
      });
      expectFaults(await patch(path, '*', { name: 'x' }), { '/name': 'read-only' });
    });
  });
});

describe('the period lock', () => {
  const locks = () => query('SELECT week, locked_days FROM week WHERE week > 100 AND locked_days > 0');
  after(async () => {
    await lockThrough(null);
    assert.deepEqual(await locks(), []);
  });

  test('in mid-week: the days up to it are shut for everybody, the later ones are open', async () => {
    await lockThrough(null);
    const ann = await newPerson();
    const entries = {};
    for (const date of ['2024-05-07', '2024-05-08', '2024-05-09'])
      entries[date] = expectStatus(await ann.post(work({ date })), 201);
    const { etag } = expectStatus(await admin.get(LOCK), 200);
    const locked = expectStatus(await put(LOCK, etag, { locked_through: '2024-05-08' }), 200);
    assert.equal(locked.json.locked_through, '2024-05-08');
    assert.deepEqual(expectStatus(await ann.get(LOCK), 200).json, locked.json);
    const bob = await newPerson({ scopes: MANAGER });
    expectStatus(await bob.get('/api/me'), 200); // becomes a person
    await unchanged(async () => {
      for (const person of [ann, bob, admin])
        for (const date of ['2024-05-08', '2024-05-01', '2003-01-01'])
          expectProblem(await person.post(work({ date })), 409, 'period-locked');
      const { json, etag: tag } = entries['2024-05-08'];
      expectProblem(await ann.patch(json.id, { note: 'x' }, tag), 409, 'period-locked');
      expectProblem(await ann.patch(json.id, { date: '2024-05-09' }, tag), 409, 'period-locked');
      expectProblem(await ann.delete(json.id, tag), 409, 'period-locked');
      const open = entries['2024-05-09'];
      expectProblem(await ann.patch(open.json.id, { date: '2024-05-08' }, open.etag), 409, 'period-locked');
      expectProblem(await ann.patch(open.json.id, { date: '2024-04-30' }, open.etag), 409, 'period-locked');
    });
    expectStatus(await ann.patch(entries['2024-05-09'].json.id, { note: 'open' }, entries['2024-05-09'].etag), 200);
    expectStatus(await bob.post(work({ date: '2024-05-09' })), 201);
    const weeks = await checkBooks(ann);
    assert.equal(weeks[202419].locked_days, 3);

    await lockThrough('2024-05-06');
    assert.equal((await checkBooks(ann))[202419].locked_days, 1);
    expectStatus(await ann.delete(entries['2024-05-08'].json.id, entries['2024-05-08'].etag), 204);
    await lockThrough(null);
    assert.deepEqual(await locks(), []);
    expectStatus(await ann.delete(entries['2024-05-07'].json.id, entries['2024-05-07'].etag), 204);
    await checkStream(1, STREAMS.period);
  });

  test('today is the last date it may have', async () => {
    await lockThrough(null);
    await unchanged(async () => {
      for (const date of [addDays(today(), 1), '1999-12-31', '2100-01-01'])
        expectFaults(await put(LOCK, '*', { locked_through: date }), { '/locked_through': 'range' });
      for (const [json, code] of [
        [{}, 'required'],
        [{ locked_through: 'today' }, 'format'],
        [{ locked_through: 20240508 }, 'type'],
      ])
        expectFaults(await put(LOCK, '*', json), { '/locked_through': code });
      expectProblem(await put(LOCK, undefined, { locked_through: '2024-05-08' }), 428, 'precondition-required');
    });
    const ann = await newPerson();
    await lockThrough(today());
    expectProblem(await ann.post(work({ date: today() })), 409, 'period-locked');
    expectStatus(await ann.post(work({ date: addDays(today(), 1) })), 201);
    await lockThrough(null);
  });

  test('a stale PUT is refused, but where the lock is there already it is 200', async () => {
    await lockThrough(null);
    const { etag } = await admin.get(LOCK);
    const first = expectStatus(await put(LOCK, etag, { locked_through: '2003-05-08' }), 200);
    await unchanged(async () => {
      const again = expectStatus(await put(LOCK, etag, { locked_through: '2003-05-08' }), 200);
      assert.deepEqual([again.text, again.etag], [first.text, first.etag]);
      expectProblem(await put(LOCK, etag, { locked_through: '2003-05-09' }), 412, 'version-mismatch');
    });
    const key = newKey();
    const lifted = expectStatus(await put(LOCK, first.etag, { locked_through: null }, { key }), 200);
    await lockThrough('2003-05-08');
    await unchanged(async () => {
      const replay = expectStatus(await put(LOCK, first.etag, { locked_through: null }, { key }), 200);
      assert.deepEqual([replay.text, replay.etag, replay.headers[REPLAYED]], [lifted.text, lifted.etag, 'true']);
    });
    await lockThrough(null);
  });

  test('of two moves at once just one is made', async () => {
    await lockThrough(null);
    for (let round = 0; round < 10; round++) {
      const { etag } = await admin.get(LOCK);
      const replies = await Promise.all(
        [1, 2].map((n) => put(LOCK, etag, { locked_through: addDays('2003-01-01', 2 * round + n) })),
      );
      assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 412]);
    }
    await checkStream(1, STREAMS.period);
  });

  test('while many write, nothing slips in behind the lock, back and forth', async () => {
    await lockThrough(null);
    const people = await Promise.all(range(8).map(() => newPerson()));
    const counts = { 201: 0, 409: 0 };
    let busy = true;
    const writers = people.map(async (person, n) => {
      for (let i = 0; busy; i++) {
        const date = addDays('2024-04-29', (i * 5 + n * 3) % 21);
        const reply = await person.post(work({ date, minutes: 1 }), { key: newKey() });
        if (reply.status === 409) expectProblem(reply, 409, 'period-locked');
        else expectStatus(reply, 201);
        counts[reply.status] += 1;
      }
    });
    const inside = async (date) =>
      (await one('SELECT COUNT(*) AS n, COALESCE(SUM(version), 0) AS v FROM entry WHERE work_date <= ?', date)) ?? {};
    try {
      for (let i = 0; i < 30; i++) {
        const date = addDays('2024-04-29', (i * 8) % 21);
        await lockThrough(date);
        const then = await inside(date);
        const wrong = await query(
          `SELECT person_id, week, locked_days FROM week WHERE week > 100 AND locked_days <>
           LEAST(7, GREATEST(0, DATEDIFF(?, STR_TO_DATE(CONCAT(week, ' Monday'), '%x%v %W')) + 1))`,
          date,
        );
        assert.deepEqual(wrong, [], `locked days after the lock went to ${date}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
        assert.deepEqual(await inside(date), then, `something was written up to ${date}, which is locked`);
      }
    } finally {
      busy = false;
      await Promise.all(writers);
      await lockThrough(null);
    }
    assert.ok(counts[201] > 50 && counts[409] > 50, JSON.stringify(counts));
    for (const person of people) await checkBooks(person);
    await checkStream(1, STREAMS.period);
  });
});

describe('/me', () => {
  test('a person and a machine', async () => {
    const ann = await newPerson({ scopes: EMPLOYEE, name: 'Ann' });
    const me = expectStatus(await ann.get('/api/me'), 200).json;
    assert.deepEqual(Object.keys(me), [
      'type',
      'person_id',
      'user_id',
      'name',
      'email',
      'kind',
      'client_id',
      'scopes',
      'today',
      'current_week',
    ]);
    assert.deepEqual(me.scopes, EMPLOYEE);
    const machine = new Caller(await demoToken('machine'));
    const its = expectStatus(await machine.get('/api/me'), 200).json;
    assert.deepEqual(Object.keys(its), ['type', 'client_id', 'scopes', 'today', 'current_week']);
    assert.deepEqual([its.type, its.scopes], ['machine', ['batch:upload']]);
  });
});

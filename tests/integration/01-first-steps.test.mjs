// The way of an entry from a client to the database and back, and who people are.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkBooks, eventsOf } from './lib/audit.mjs';
import { anonymous, Caller, LIST, newKey, newPerson, newSub, personClaims, READ, work } from './lib/caller.mjs';
import { expectNginxProblem, expectProblem, expectStatus } from './lib/check.mjs';
import { entryRow, one, personIdOf, query } from './lib/database.mjs';
import { isoWeek, today, weekday } from './lib/dates.mjs';
import { newAgent, send } from './lib/http.mjs';
import { stack } from './lib/stack.mjs';
import { claimsOf, demoToken, mint } from './lib/tenant.mjs';

describe('from a token to a stored entry', () => {
  test("the contractor's own token stores an entry, which is in the database and can be read back", async () => {
    const token = await demoToken('contractor');
    const carl = new Caller(token, claimsOf(token));
    const before = Date.now();
    const sent = { date: '2024-05-08', project: 'StoreZero', hours: 0.25, note: 'Checkout: tax rules' };
    const created = expectStatus(await carl.post(sent, { key: newKey() }), 201);
    const entry = created.json;

    assert.deepEqual(Object.keys(entry), [
      'id',
      'user_id',
      'date',
      'project',
      'hours',
      'minutes',
      'note',
      'status',
      'approved',
      'reason',
      'version',
      'created_at',
      'updated_at',
      'source',
      'external_id',
    ]);
    const { id, created_at: createdAt, updated_at: updatedAt, ...rest } = entry;
    assert.deepEqual(rest, {
      user_id: 'carl@contractors.example',
      date: '2024-05-08',
      project: 'StoreZero',
      hours: 0.25,
      minutes: 15,
      note: 'Checkout: tax rules',
      status: 'submitted',
      approved: false,
      reason: null,
      version: 1,
      source: null,
      external_id: null,
    });
    assert.ok(Number.isSafeInteger(id) && id > 0, 'an id below 2^53');
    assert.equal(updatedAt, createdAt);
    assert.ok(Math.abs(Date.parse(createdAt) - before) < 5000, `made at ${createdAt}`);
    assert.equal(created.headers.location, `${LIST}/${id}`);
    assert.equal(created.etag, '"e1"');
    assert.equal(created.headers['content-type'], 'application/json');

    const row = await entryRow(id);
    const personId = await personIdOf(carl);
    assert.equal(row.person_id, personId);
    assert.equal(row.edited_by, personId);
    assert.equal(row.decided_by, null);
    assert.equal(row.work_date, '2024-05-08');
    assert.equal(row.project_code, 'StoreZero');
    assert.equal(row.project_id, (await one('SELECT id FROM project WHERE code = ?', 'StoreZero')).id);
    assert.equal(row.minutes, 15);
    assert.equal(row.status, 1);
    assert.equal(row.note, 'Checkout: tax rules');

    const read = expectStatus(await carl.get(created.headers.location), 200);
    assert.deepEqual(read.json, entry);
    assert.equal(read.etag, '"e1"');
    const list = expectStatus(await carl.get(`${LIST}?from=2024-05-08&to=2024-05-08`), 200).json;
    assert.ok(Array.isArray(list), 'a bare array');
    assert.deepEqual(
      list.find((other) => other.id === id),
      entry,
    );
    await checkBooks(carl);
    expectStatus(await carl.delete(id, created.etag), 204);
    await checkBooks(carl);
  });

  test('rule 10: the entry, its week and its event, with the key and the reply, are written together', async () => {
    const ann = await newPerson();
    const key = newKey();
    const created = expectStatus(await ann.post(work({ date: '2024-05-10', minutes: 95 }), { key }), 201);
    const personId = await personIdOf(ann);
    const weeks = await checkBooks(ann);
    const { d5, n_submitted: submitted, version, seq } = weeks[202419];
    assert.deepEqual({ d5, submitted, version, seq }, { d5: 95, submitted: 1, version: 1, seq: 1 });
    const event = (await eventsOf(personId)).find(({ week }) => week === 202419);
    assert.equal(event.actor_id, personId);
    assert.equal(event.action, 1);
    assert.equal(event.entry_id, created.json.id);
    assert.equal(event.ikey.toString(), key);
    assert.equal(event.before_json, null);
    assert.deepEqual(JSON.parse(event.after_json), created.json);
  });

  test('two entries of one day are two rows; the list has the newest first', async () => {
    const ann = await newPerson();
    const first = (await ann.post(work({ date: '2024-05-06' }))).json;
    const later = (await ann.post(work({ date: '2024-05-07' }))).json;
    const second = (await ann.post(work({ date: '2024-05-06' }))).json;
    const list = expectStatus(await ann.get(), 200).json;
    assert.deepEqual(
      list.map(({ id }) => id),
      [later.id, second.id, first.id],
    );
  });
});

describe('reading one entry', () => {
  test('a known version is answered with 304 and no body, another one with the entry', async () => {
    const ann = await newPerson();
    const { json: entry, etag } = await ann.post(work());
    const path = `${LIST}/${entry.id}`;
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const reply = expectStatus(await ann.get(path, { headers: { 'If-None-Match': tag } }), 304);
      assert.equal(reply.body.length, 0);
      assert.equal(reply.etag, etag);
    }
    const reply = expectStatus(await ann.get(path, { headers: { 'If-None-Match': '"e2"' } }), 200);
    assert.equal(reply.json.id, entry.id);
  });

  test('HEAD has the headers of GET and no body', async () => {
    const ann = await newPerson();
    const { json: entry } = await ann.post(work());
    for (const path of [`${LIST}/${entry.id}`, LIST, '/api/projects', '/api/me', '/api/health/live']) {
      const [head, get] = [await ann.send('HEAD', path), await ann.get(path)];
      expectStatus(head, 200);
      assert.equal(head.body.length, 0);
      for (const name of ['content-type', 'etag', 'cache-control'])
        assert.equal(head.headers[name], get.headers[name], `${path} ${name}`);
    }
    const missing = await ann.send('HEAD', `${LIST}/1`);
    expectStatus(missing, 404);
    assert.equal(missing.body.length, 0);
  });

  test('a long entry is compressed on request; its weakened tag is still good for If-None-Match and If-Match', async () => {
    const ann = await newPerson();
    const { json: entry, etag } = await ann.post(work({ note: 'ü'.repeat(500) }));
    const reply = expectStatus(await ann.get(`${LIST}/${entry.id}`, { headers: { 'Accept-Encoding': 'gzip' } }), 200);
    assert.equal(reply.headers['content-encoding'], 'gzip');
    assert.equal(reply.etag, `W/${etag}`);
    assert.deepEqual(reply.json, entry);
    expectStatus(await ann.get(`${LIST}/${entry.id}`, { headers: { 'If-None-Match': reply.etag } }), 304);
    expectStatus(await ann.patch(entry.id, { note: 'short' }, reply.etag), 200);
  });
});

describe('projects', () => {
  test('the pick list has every project in the order of its code, with its dates', async () => {
    const ann = await newPerson();
    const list = expectStatus(await ann.get('/api/projects'), 200).json;
    const codes = list.map(({ code }) => code);
    assert.deepEqual(codes, [...codes].sort());
    assert.deepEqual(
      list.find(({ code }) => code === 'StoreZero'),
      {
        code: 'StoreZero',
        name: 'StoreZero',
        customer: 'StoreZero Retail Group',
        state: 'open',
        starts_on: null,
        ends_on: null,
        version: 1,
      },
    );
    const museum = list.find(({ code }) => code === 'MUSEUM-24');
    assert.equal(museum.starts_on, '2024-01-01');
    assert.equal(museum.ends_on, '2024-12-31');
  });

  test('it can be narrowed by state and text, and read in pages', async () => {
    const ann = await newPerson();
    const codes = async (query) =>
      expectStatus(await ann.get(`/api/projects${query}`), 200).json.map(({ code }) => code);
    assert.ok((await codes('?state=closed')).includes('BAKERY'));
    assert.ok(!(await codes('?state=open')).includes('BAKERY'));
    assert.deepEqual(await codes('?q=harbour'), ['NORTH-01', 'NORTH-02']);
    assert.deepEqual(await codes('?q=no+such+project'), []);
    const all = await codes('');
    const paged = [];
    for (let path = '/api/projects?limit=3'; path; ) {
      const reply = expectStatus(await ann.get(path), 200);
      assert.ok(reply.json.length <= 3);
      paged.push(...reply.json.map(({ code }) => code));
      path = /<([^>]+)>; rel="next"/.exec(reply.headers.link ?? '')?.[1];
    }
    assert.deepEqual(paged, all);
  });

  test('the scope to read is needed', async () => {
    const writer = await newPerson({ scopes: ['create:timesheets'] });
    expectProblem(await writer.get('/api/projects'), 403, 'insufficient-scope');
  });
});

describe('who is calling', () => {
  test('a person sees who they are, their scopes and the current week', async () => {
    const ann = await newPerson({ name: 'Änn Müller 🦊', kind: 'contractor', scopes: [READ] });
    const me = expectStatus(await ann.get('/api/me'), 200).json;
    assert.deepEqual(me, {
      type: 'person',
      person_id: await personIdOf(ann),
      user_id: ann.email,
      name: 'Änn Müller 🦊',
      email: ann.email,
      kind: 'contractor',
      client_id: stack.TS_SPA_CLIENT_ID,
      scopes: [READ],
      today: me.today,
      current_week: isoWeek(me.today),
    });
    assert.ok(Math.abs(Date.parse(me.today) - Date.parse(today())) <= 86_400_000 && weekday(me.today) >= 0);
  });

  test('a machine is told apart from persons and makes no person', async () => {
    const before = (await one('SELECT COUNT(*) AS n FROM person')).n;
    const machine = new Caller(await demoToken('machine'));
    const me = expectStatus(await machine.get('/api/me'), 200).json;
    assert.equal(me.type, 'machine');
    assert.equal(me.client_id, stack.TS_MACHINE_CLIENT_ID);
    assert.deepEqual(me.scopes, ['batch:upload']);
    assert.equal(me.user_id, undefined);
    assert.equal((await one('SELECT COUNT(*) AS n FROM person')).n, before);
  });

  test('e-mail addresses are stored in lower case', async () => {
    const sub = newSub();
    const ann = await newPerson({ sub, email: `Ann.${sub.slice(6)}@Tests.EXAMPLE` });
    assert.equal((await ann.get('/api/me')).json.email, `ann.${sub.slice(6)}@tests.example`);
  });

  test('an e-mail address that is not verified is never stored or shown', async () => {
    const ns = stack.TS_CLAIM_NAMESPACE;
    for (const verified of [false, 'true', 1, null]) {
      const ann = await newPerson({ verified });
      const me = expectStatus(await ann.get('/api/me'), 200);
      assert.equal(me.json.email, '');
      assert.equal(me.json.user_id, ann.sub);
      assert.ok(!me.text.includes('tests.example'), me.text);
      const row = await one('SELECT email, user_id FROM person WHERE sub = ?', Buffer.from(ann.sub));
      assert.deepEqual([row.email, row.user_id.toString()], [null, ann.sub]);
    }
    const payload = personClaims();
    delete payload[`${ns}email_verified`];
    const bob = new Caller(await mint({ payload }), payload);
    assert.equal((await bob.get('/api/me')).json.email, '');
  });

  test('a row that an admin made is claimed once, by the verified address, and that is in the audit trail', async () => {
    const email = `claim.${newSub().slice(6)}@tests.example`;
    const userId = `hr-${newSub().slice(6)}`;
    const { insertId } = await query(
      'INSERT INTO person (email, user_id, name, kind, employee_number, created_at) VALUES (?, ?, ?, 1, NULL, NOW(6))',
      Buffer.from(email),
      Buffer.from(userId),
      'From the admin',
    );
    const stranger = await newPerson({ email, verified: false });
    assert.notEqual(
      (await stranger.get('/api/me')).json.person_id,
      insertId,
      'an address that is not verified claims nothing',
    );

    const first = await newPerson({ email, kind: 'employee', name: 'From the token' });
    const me = expectStatus(await first.get('/api/me'), 200).json;
    assert.equal(me.person_id, insertId);
    assert.equal(me.user_id, userId);
    assert.equal(me.kind, 'contractor', "the kind is the admin's once set");
    const events = await eventsOf(insertId);
    assert.deepEqual(
      events.map(({ week, action, actor_id: actor }) => [week, action, actor]),
      [[0, 21, insertId]],
    );
    await checkBooks(first);

    const second = await newPerson({ email });
    const other = expectStatus(await second.get('/api/me'), 200).json;
    assert.notEqual(other.person_id, insertId);
    assert.notEqual(other.user_id, userId);
    assert.equal((await first.get('/api/me')).json.person_id, insertId);
    const claimed = await one('SELECT sub, version FROM person WHERE id = ?', insertId);
    assert.equal(claimed.sub.toString(), first.sub);
  });

  test('a second subject with the same verified address is another person with another user_id', async () => {
    const ann = await newPerson();
    const twin = await newPerson({ email: ann.email });
    const [one_, two] = [(await ann.get('/api/me')).json, (await twin.get('/api/me')).json];
    assert.notEqual(one_.person_id, two.person_id);
    assert.equal(one_.user_id, ann.email);
    assert.equal(two.user_id, twin.sub);
    const entry = (await ann.post(work())).json;
    expectProblem(await twin.get(`${LIST}/${entry.id}`), 404, 'not-found');
  });

  test('subjects are compared as bytes: letter case, accents and trailing spaces make other persons', async () => {
    const sub = `${newSub()}a`;
    const variants = [
      sub,
      `${sub.slice(0, -1)}A`,
      `${sub.slice(0, -1)}\u00e1`,
      `${sub} `,
      `${sub.slice(0, -1)}a\u0301`,
    ];
    const ids = new Set();
    for (const variant of variants) {
      const someone = await newPerson({ sub: variant, email: null });
      ids.add(expectStatus(await someone.get('/api/me'), 200).json.person_id);
    }
    assert.equal(ids.size, variants.length);
  });

  test('many first requests of one new person at once make one row', async () => {
    const ann = await newPerson();
    const replies = await Promise.all(Array.from({ length: 12 }, () => ann.get('/api/me')));
    const ids = new Set(replies.map((reply) => expectStatus(reply, 200).json.person_id));
    assert.equal(ids.size, 1);
    const events = await eventsOf([...ids][0]);
    assert.deepEqual(
      events.map(({ action }) => action),
      [20],
    );
  });
});

describe('health', () => {
  test('live and ready need no token', async () => {
    const live = expectStatus(await anonymous.get('/api/health/live'), 200);
    assert.equal(live.json.status, 'live');
    const ready = expectStatus(await anonymous.get('/api/health/ready'), 200);
    const { status, database, keys } = ready.json;
    assert.deepEqual({ status, database, keys }, { status: 'ready', database: true, keys: true });
    for (const { headers } of [live, ready]) assert.equal(headers['cache-control'], 'no-store');
  });

  test('they look at no token either', async () => {
    const reply = await send('GET', '/api/health/live', { headers: { Authorization: 'Bearer nonsense' } });
    expectStatus(reply, 200);
  });
});

describe('headers of every answer', () => {
  test('security headers are on answers, refusals and pages alike', async () => {
    const ann = await newPerson();
    const replies = [
      await ann.get(),
      await ann.get('/api/nothing'),
      await anonymous.get(),
      await anonymous.get('/api/health/live'),
      await anonymous.get('/'),
      await anonymous.get('/no-such-page'),
    ];
    for (const { headers, request } of replies) {
      assert.equal(headers['x-content-type-options'], 'nosniff', request);
      assert.equal(headers['referrer-policy'], 'no-referrer', request);
      assert.equal(headers['cross-origin-opener-policy'], 'same-origin', request);
      assert.match(headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/, request);
      assert.equal(headers['access-control-allow-origin'], undefined, request);
      assert.equal(headers['x-powered-by'], undefined, request);
      assert.doesNotMatch(headers.server ?? '', /\d/, 'no version of the server');
    }
    assert.doesNotMatch(replies[0].headers['content-security-policy'], /script-src/, 'API answers run nothing');
  });

  test('answers with personal data are kept by no shared cache', async () => {
    const ann = await newPerson();
    const { json: entry, headers } = await ann.post(work());
    assert.match(headers['cache-control'], /^(no-store|private, no-cache)$/);
    assert.match((await ann.get(`${LIST}/${entry.id}`)).headers['cache-control'], /^(no-store|private, no-cache)$/);
    for (const path of [LIST, '/api/me', '/api/projects'])
      assert.equal((await ann.get(path)).headers['cache-control'], 'no-store', path);
  });

  test("a client's request id comes back in the header and in problem documents", async () => {
    const headers = { 'X-Request-ID': 'from-a-test_1.2' };
    assert.equal((await anonymous.get('/api/health/live', { headers })).headers['x-request-id'], 'from-a-test_1.2');
    const problem = expectProblem(await anonymous.get('/api/nothing', { headers }), 404, 'not-found');
    assert.equal(problem.instance, 'urn:request:from-a-test_1.2');
    const ofNginx = expectNginxProblem(await anonymous.get('/nothing', { headers }), 404);
    assert.equal(ofNginx.instance, 'urn:request:from-a-test_1.2');
  });

  test('an id that is no plain short word is replaced by one of ours', async () => {
    for (const id of ['short', 'a'.repeat(65), 'with space', '<script>x</script>', '"quote"quote"', 'ünïcode-id']) {
      const reply = await anonymous.get('/api/nothing', {
        headers: { 'X-Request-ID': Buffer.from(id).toString('latin1') },
      });
      assert.match(expectProblem(reply, 404, 'not-found').instance, /^urn:request:[0-9a-f]{32}$/, id);
    }
  });

  test('the status line has the reason in words, which the older web client shows', async () => {
    const ann = await newPerson();
    const { json: entry, etag, reason } = await ann.post(work());
    assert.equal(reason, 'Created');
    assert.equal((await ann.get()).reason, 'OK');
    assert.equal((await anonymous.get()).reason, 'Unauthorized');
    assert.equal((await ann.get(`${LIST}/1`)).reason, 'Not Found');
    assert.equal((await ann.delete(entry.id, etag)).reason, 'No Content');
  });

  test('there is no CORS: a preflight is refused and no origin is allowed', async () => {
    const reply = await send('OPTIONS', LIST, {
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
    });
    expectProblem(reply, 405, 'method-not-allowed');
    assert.equal(reply.headers['access-control-allow-origin'], undefined);
  });
});

describe('the way in', () => {
  test('plain HTTP is sent to HTTPS with the method kept', async () => {
    const answer = await fetch(`${stack.TS_HTTP_URL}/api/timesheets?limit=1`, {
      method: 'POST',
      body: '{}',
      redirect: 'manual',
    });
    assert.equal(answer.status, 308);
    assert.equal(answer.headers.get('location'), `${stack.TS_URL}/api/timesheets?limit=1`);
  });

  test('TLS 1.2 is refused', async () => {
    const agent = newAgent({ maxVersion: 'TLSv1.2' });
    await assert.rejects(send('GET', '/api/health/live', { agent }), /protocol version|alert/i);
  });

  test('another host name is not answered', async () => {
    await assert.rejects(send('GET', '/api/health/live', { agent: newAgent({ servername: 'other.example' }) }));
    const reply = await send('GET', '/api/health/live', { headers: { Host: 'other.example' } }).catch(() => undefined);
    assert.notEqual(reply?.status, 200);
  });
});

// Many callers share few workers: nothing of one caller may reach the next.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkBooks } from './lib/audit.mjs';
import { anonymous, Caller, EMPLOYEE, LIST, newKey, newManager, newPerson, personClaims, work } from './lib/caller.mjs';
import { expectProblem, expectStatus, expectUnauthenticated, inParallel, range } from './lib/check.mjs';
import { workersOf } from './lib/stack.mjs';
import { demoToken, mint } from './lib/tenant.mjs';

const REQUESTS = 2000;

test(`${REQUESTS} requests of alternating callers on a few workers: each gets what is theirs and nothing else`, async () => {
  assert.ok((await workersOf()).length <= 8, 'few workers');
  const names = ['ann', 'bob', 'cleo'];
  const people = await Promise.all(names.map((name) => newPerson({ name: `Name of ${name}` })));
  const entries = [];
  for (const [index, person] of people.entries()) {
    const reply = expectStatus(
      await person.post(work({ note: `secret of ${names[index]}`, status: 'draft', minutes: 1 })),
      201,
    );
    entries.push({ ...reply.json, tag: reply.etag });
  }
  const manager = await newManager();
  const machine = new Caller(await demoToken('machine'));
  const expiredClaims = personClaims({ sub: people[0].sub, email: people[0].email });
  const expired = new Caller(await mint({ payload: { ...expiredClaims, exp: 1_600_000_000 } }));
  const keys = range(REQUESTS).map(newKey);
  const made = [0, 0, 0];

  const mine = (reply, who) => {
    for (const [other, name] of names.entries()) {
      if (other !== who)
        assert.ok(
          !reply.text.includes(name) && !reply.text.includes(people[other].email),
          `${reply.request}: ${reply.text}`,
        );
    }
    return reply;
  };
  const steps = [
    (who) =>
      people[who].get().then((reply) => {
        for (const { user_id: userId } of expectStatus(mine(reply, who), 200).json)
          assert.equal(userId, people[who].email);
      }),
    () => anonymous.get().then((reply) => expectUnauthenticated(mine(reply), { credentials: false })),
    (who) =>
      people[who].get(`${LIST}/${entries[who].id}`).then((reply) => {
        assert.equal(expectStatus(mine(reply, who), 200).json.note, `secret of ${names[who]}`);
        assert.equal(reply.headers['idempotency-replayed'], undefined);
        assert.equal(reply.headers.location, undefined);
      }),
    (who) =>
      people[(who + 1) % 3]
        .get(`${LIST}/${entries[who].id}`)
        .then((reply) => expectProblem(mine(reply), 404, 'not-found')),
    (who) =>
      people[who]
        .get(`${LIST}/${entries[who].id}`, { headers: { 'If-None-Match': entries[who].tag } })
        .then((reply) => {
          expectStatus(reply, 304);
          assert.equal(reply.body.length, 0);
        }),
    (who) =>
      people[who]
        .get('/api/me')
        .then((reply) => assert.equal(expectStatus(mine(reply, who), 200).json.name, `Name of ${names[who]}`)),
    () => expired.get().then((reply) => expectUnauthenticated(mine(reply))),
    (who, n) =>
      people[who]
        .post(work({ date: '2024-05-07', minutes: 1, note: `by ${names[who]}` }), { key: keys[n] })
        .then((reply) => {
          made[who] += 1;
          const entry = expectStatus(mine(reply, who), 201).json;
          assert.deepEqual(
            [entry.user_id, entry.note, entry.status],
            [people[who].email, `by ${names[who]}`, 'submitted'],
          );
        }),
    (who) => people[who].post({ date: 'no date' }).then((reply) => expectProblem(mine(reply, who), 422, 'validation')),
    (who) => people[who].get(`${LIST}?limit=1&q=by`).then((reply) => expectStatus(mine(reply, who), 200)),
    (who) =>
      manager.get(`${LIST}?user=${encodeURIComponent(people[who].email)}`).then((reply) => {
        for (const { status } of expectStatus(mine(reply, who), 200).json) assert.notEqual(status, 'draft');
      }),
    () => manager.get().then((reply) => assert.deepEqual(expectStatus(mine(reply), 200).json, [])),
    () => machine.get('/api/me').then((reply) => assert.equal(expectStatus(mine(reply), 200).json.type, 'machine')),
    () => machine.get().then((reply) => expectProblem(mine(reply), 403, 'insufficient-scope')),
    (who) => people[who].postText('{"bad').then((reply) => expectProblem(mine(reply, who), 400, 'malformed-json')),
    (who) =>
      people[who]
        .post(work({ date: '2024-05-08' }), { key: 'short' })
        .then((reply) => expectProblem(mine(reply, who), 400, 'malformed-request')),
  ];

  // Odd steps through both lists, so that every kind of request follows every other.
  await inParallel(8, range(REQUESTS), (n) => steps[(n * 7 + (n >> 4)) % steps.length]((n * 5 + (n >> 3)) % 3, n));

  for (const [who, person] of people.entries()) {
    const weeks = await checkBooks(person);
    assert.equal(weeks[202419].d2, made[who], 'one entry for each POST');
  }
});

test('a token with fewer scopes after one with more, same person, same worker: each has its own rights', async () => {
  const ann = await newPerson();
  const reader = await newPerson({ sub: ann.sub, email: ann.email, scopes: [EMPLOYEE[0]] });
  const { json: entry } = expectStatus(await ann.post(work({ minutes: 1 })), 201);
  await inParallel(6, range(200), async (n) => {
    if (n % 2 === 0) expectStatus(await ann.get(`${LIST}/${entry.id}`), 200);
    else expectProblem(await reader.patch(entry.id, { minutes: 2 }, '*'), 403, 'insufficient-scope');
  });
});

// Rule 2: at most 24 hours a person and date, also when requests race.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkBooks } from './lib/audit.mjs';
import { newKey, newManager, newPerson, work } from './lib/caller.mjs';
import { expectFaults, expectProblem, expectStatus, inParallel, range } from './lib/check.mjs';
import { countEntries, unchanged } from './lib/database.mjs';

const count = (replies, status) => replies.filter((reply) => reply.status === status).length;

function expectSplit(replies, stored) {
  const statuses = replies.map(({ status }) => status).join();
  assert.equal(count(replies, 201), stored, statuses);
  assert.equal(count(replies, 422), replies.length - stored, statuses);
  for (const reply of replies.filter(({ status }) => status === 422)) expectProblem(reply, 422, 'day-over-24h');
}

describe('rule 2, one request after the other', () => {
  test('24 hours in one entry or in many are fine, a minute more is refused and says how much is there', async () => {
    const ann = await newPerson();
    expectStatus(await ann.post(work({ date: '2024-05-06', hours: 24, minutes: 1440 })), 201);
    await unchanged(async () => {
      const problem = expectFaults(
        await ann.post(work({ date: '2024-05-06', minutes: 1 })),
        { '/minutes': 'day-over-24h' },
        'day-over-24h',
      );
      assert.match(problem.detail, /24:00/);
    });
    for (const minutes of [1000, 400, 39]) expectStatus(await ann.post(work({ date: '2024-05-07', minutes })), 201);
    const problem = expectProblem(await ann.post(work({ date: '2024-05-07', minutes: 2 })), 422, 'day-over-24h');
    assert.match(problem.detail, /23:59/);
    expectStatus(await ann.post(work({ date: '2024-05-07', minutes: 1 })), 201);
    const weeks = await checkBooks(ann);
    assert.deepEqual([weeks[202419].d1, weeks[202419].d2], [1440, 1440]);
  });

  test('every status, project and day of the week counts', async () => {
    const ann = await newPerson();
    for (let day = 6; day <= 12; day++) {
      const date = `2024-05-${String(day).padStart(2, '0')}`;
      expectStatus(await ann.post(work({ date, minutes: 700, status: 'draft' })), 201);
      expectStatus(await ann.post(work({ date, minutes: 700, project: 'INTERNAL' })), 201);
      expectProblem(await ann.post(work({ date, minutes: 41 })), 422, 'day-over-24h');
      expectStatus(await ann.post(work({ date, minutes: 40 })), 201);
    }
    await checkBooks(ann);
  });

  test('another person has a day of their own', async () => {
    const [ann, bob] = [await newPerson(), await newPerson()];
    expectStatus(await ann.post(work({ minutes: 1440 })), 201);
    expectStatus(await bob.post(work({ minutes: 1440 })), 201);
  });

  test('what is removed makes room again', async () => {
    const ann = await newPerson();
    const { json: entry, etag } = expectStatus(await ann.post(work({ minutes: 1440 })), 201);
    expectProblem(await ann.post(work()), 422, 'day-over-24h');
    expectStatus(await ann.delete(entry.id, etag), 204);
    expectStatus(await ann.post(work({ minutes: 1440 })), 201);
    await checkBooks(ann);
  });
});

describe('rule 2, requests that race', () => {
  test('of two entries of 13 hours at once just one is stored', async () => {
    for (let round = 0; round < 10; round++) {
      const ann = await newPerson();
      // Sometimes the person and the week are new, sometimes only the week.
      if (round % 2 === 0) expectStatus(await ann.get('/api/me'), 200);
      expectSplit(await Promise.all([ann.post(work({ minutes: 780 })), ann.post(work({ minutes: 780 }))]), 1);
      const weeks = await checkBooks(ann);
      assert.equal(weeks[202419].d1, 780);
    }
  });

  test('of 40 entries of one hour at once 24 are stored', async () => {
    const ann = await newPerson();
    expectSplit(await inParallel(40, range(40), () => ann.post(work(), { key: newKey() })), 24);
    assert.equal(await countEntries(ann), 24);
    const weeks = await checkBooks(ann);
    assert.equal(weeks[202419].d1, 1440);
    assert.equal(weeks[202419].n_submitted, 24);
  });

  test('new entries, changes and moves together never make more', async () => {
    const ann = await newPerson();
    const dates = ['2024-05-06', '2024-05-07', '2024-05-14'];
    const own = [];
    for (const date of dates) {
      for (const minutes of [100, 200]) {
        const reply = expectStatus(await ann.post(work({ date, minutes })), 201);
        own.push({ id: reply.json.id, tag: reply.etag });
      }
    }
    const jobs = range(60).map((n) => {
      const date = dates[n % 3];
      const entry = own[n % own.length];
      return n % 2 === 0
        ? () => ann.post(work({ date, minutes: 300 }))
        : () => ann.patch(entry.id, { date, minutes: 500 }, '*');
    });
    const replies = await inParallel(12, jobs, (job) => job());
    for (const reply of replies)
      assert.ok([200, 201, 412, 422].includes(reply.status), `${reply.request} ${reply.status} ${reply.text}`);
    await checkBooks(ann);
  });

  test('racing persons do not disturb each other', async () => {
    const people = [await newPerson(), await newPerson(), await newManager()];
    const replies = await inParallel(15, range(90), (n) => people[n % 3].post(work({ minutes: 60 })));
    for (const index of [0, 1, 2])
      expectSplit(
        replies.filter((_, n) => n % 3 === index),
        24,
      );
    for (const person of people) await checkBooks(person);
  });
});

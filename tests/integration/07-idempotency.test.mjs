// Rule 10 and security.md section 8: one Idempotency-Key makes at most one change, and a repeat gets the first answer.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkBooks } from './lib/audit.mjs';
import { LIST, newKey, newPerson, work } from './lib/caller.mjs';
import { expectProblem, expectStatus, inParallel, range } from './lib/check.mjs';
import { countEntries, one, query, setStatus, unchanged } from './lib/database.mjs';

const REPLAYED = 'idempotency-replayed';
const HEADERS = ['location', 'etag', 'content-type', 'cache-control'];

function expectReplay(reply, first) {
  expectStatus(reply, first.status);
  assert.equal(first.headers[REPLAYED], undefined, 'the first answer is no repeat');
  assert.equal(reply.headers[REPLAYED], 'true');
  assert.equal(reply.text, first.text);
  for (const name of HEADERS) assert.equal(reply.headers[name], first.headers[name], name);
}

describe('a repeat of the same request', () => {
  test('POST: the same answer, one row', async () => {
    const ann = await newPerson();
    const key = newKey();
    const first = expectStatus(await ann.post(work({ note: 'once "only" 🦊' }), { key }), 201);
    await unchanged(async () => {
      for (let n = 0; n < 5; n++) expectReplay(await ann.post(work({ note: 'once "only" 🦊' }), { key }), first);
    });
    assert.equal(await countEntries(ann), 1);
  });

  test('POST: the answer stays that of then, also when the entry was changed or removed since', async () => {
    const ann = await newPerson();
    const key = newKey();
    const first = expectStatus(await ann.post(work(), { key }), 201);
    const patched = expectStatus(await ann.patch(first.json.id, { minutes: 5 }, first.etag), 200);
    await unchanged(async () => expectReplay(await ann.post(work(), { key }), first));
    expectStatus(await ann.delete(first.json.id, patched.etag), 204);
    await unchanged(async () => expectReplay(await ann.post(work(), { key }), first));
  });

  test('POST: a repeat is answered also when the rules would refuse the request now', async () => {
    const ann = await newPerson();
    const key = newKey();
    const first = expectStatus(await ann.post(work({ minutes: 800 }), { key }), 201);
    expectStatus(await ann.post(work({ minutes: 640 })), 201);
    await unchanged(async () => expectReplay(await ann.post(work({ minutes: 800 }), { key }), first));

    const lockKey = newKey();
    const locked = expectStatus(await ann.post(work({ date: '2002-06-05' }), { key: lockKey }), 201);
    try {
      await query("UPDATE period_lock SET locked_through = '2002-06-30'");
      await query('UPDATE week SET locked_days = 7 WHERE week = 200223');
      await unchanged(async () => expectReplay(await ann.post(work({ date: '2002-06-05' }), { key: lockKey }), locked));
    } finally {
      await query('UPDATE period_lock SET locked_through = NULL');
      await query('UPDATE week SET locked_days = 0 WHERE locked_days > 0');
    }
  });

  test('PATCH: the same answer although the version has moved on', async () => {
    const ann = await newPerson();
    const key = newKey();
    const { json: entry, etag } = expectStatus(await ann.post(work()), 201);
    const first = expectStatus(await ann.patch(entry.id, { minutes: 5 }, etag, { key }), 200);
    expectReplay(await ann.patch(entry.id, { minutes: 5 }, etag, { key }), first);
    expectStatus(await ann.patch(entry.id, { minutes: 6 }, first.etag), 200);
    await setStatus(entry.id, 'approved');
    await unchanged(async () => expectReplay(await ann.patch(entry.id, { minutes: 5 }, etag, { key }), first));
  });

  test('PATCH to another week: the same answer, one move', async () => {
    const ann = await newPerson();
    for (const date of ['2024-05-15', '2024-04-29']) {
      const key = newKey();
      const { json: entry, etag } = expectStatus(await ann.post(work()), 201);
      const first = expectStatus(await ann.patch(entry.id, { date }, etag, { key }), 200);
      await unchanged(async () => expectReplay(await ann.patch(entry.id, { date }, etag, { key }), first));
    }
    await checkBooks(ann);
  });

  test('DELETE: 204 again, marked as a repeat', async () => {
    const ann = await newPerson();
    const key = newKey();
    const { json: entry, etag } = expectStatus(await ann.post(work()), 201);
    const first = expectStatus(await ann.delete(entry.id, etag, { key }), 204);
    await unchanged(async () => expectReplay(await ann.delete(entry.id, etag, { key }), first));
  });

  test('PATCH of any version: the answer stays that of then, also when nothing of it would change now', async () => {
    const ann = await newPerson();
    const key = newKey();
    const { json: entry } = expectStatus(await ann.post(work()), 201);
    const first = expectStatus(await ann.patch(entry.id, { minutes: 5 }, '*', { key }), 200);
    expectStatus(await ann.patch(entry.id, { note: 'later' }, '*'), 200);
    await unchanged(async () => expectReplay(await ann.patch(entry.id, { minutes: 5 }, '*', { key }), first));
  });

  test('a key is kept by the person, not by the token', async () => {
    const ann = await newPerson();
    const key = newKey();
    const first = expectStatus(await ann.post(work(), { key }), 201);
    const again = await newPerson({ sub: ann.sub, email: ann.email, name: 'With another token' });
    assert.notEqual(again.token, ann.token);
    expectReplay(await again.post(work(), { key }), first);
  });
});

describe('another request under the same key', () => {
  test('another body, however little differs: 422', async () => {
    const ann = await newPerson();
    const key = newKey();
    expectStatus(await ann.post(work(), { key }), 201);
    await unchanged(async () => {
      for (const body of [
        work({ minutes: 61 }),
        work({ note: '' }),
        work({ date: '2024-05-07' }),
        { project: 'StoreZero', date: '2024-05-06', minutes: 60 },
      ]) {
        expectProblem(await ann.post(body, { key }), 422, 'idempotency-key-reused');
      }
      const spaced = JSON.stringify(work(), null, 1);
      expectProblem(await ann.postText(spaced, { 'Idempotency-Key': key }), 422, 'idempotency-key-reused');
    });
  });

  test('another method or address: 422', async () => {
    const ann = await newPerson();
    const key = newKey();
    const { json: a, etag } = expectStatus(await ann.post(work({ minutes: 5 }), { key }), 201);
    const { json: b } = expectStatus(await ann.post(work({ minutes: 5 })), 201);
    await unchanged(async () => {
      expectProblem(await ann.patch(a.id, { minutes: 6 }, etag, { key }), 422, 'idempotency-key-reused');
      expectProblem(await ann.delete(a.id, etag, { key }), 422, 'idempotency-key-reused');
    });
    const patchKey = newKey();
    expectStatus(await ann.patch(a.id, { minutes: 7 }, etag, { key: patchKey }), 200);
    await unchanged(async () => {
      expectProblem(await ann.patch(b.id, { minutes: 7 }, etag, { key: patchKey }), 422, 'idempotency-key-reused');
      expectProblem(await ann.delete(a.id, '"e2"', { key: patchKey }), 422, 'idempotency-key-reused');
    });
  });

  test('a request that would change nothing, or repeats a removal, is another request all the same: 422', async () => {
    const ann = await newPerson();
    const key = newKey();
    const { json: entry, etag } = expectStatus(await ann.post(work({ minutes: 5 }), { key }), 201);
    await unchanged(async () =>
      expectProblem(await ann.patch(entry.id, { minutes: 5 }, etag, { key }), 422, 'idempotency-key-reused'),
    );
    expectStatus(await ann.delete(entry.id, etag), 204);
    await unchanged(async () =>
      expectProblem(await ann.delete(entry.id, etag, { key }), 422, 'idempotency-key-reused'),
    );
  });

  test('a query string is part of the request', async () => {
    const ann = await newPerson();
    const key = newKey();
    expectStatus(await ann.post(work(), { key }), 201);
    await unchanged(async () => {
      const reply = await ann.send('POST', `${LIST}?x=1`, { json: work(), headers: { 'Idempotency-Key': key } });
      expectProblem(reply, 422, 'validation');
    });
    // An empty one is another spelling of the address and may count as the same or as another request, never as a new one.
    await unchanged(async () => {
      const reply = await ann.send('POST', `${LIST}?`, { json: work(), headers: { 'Idempotency-Key': key } });
      assert.ok(reply.status === 422 || reply.headers[REPLAYED] === 'true', `${reply.status}`);
    });
  });
});

describe('whose key', () => {
  test('two persons may use the same key', async () => {
    const [ann, bob] = [await newPerson(), await newPerson()];
    const key = newKey();
    const first = expectStatus(await ann.post(work(), { key }), 201);
    const second = expectStatus(await bob.post(work({ minutes: 5 }), { key }), 201);
    assert.notEqual(second.json.id, first.json.id);
    assert.equal(second.headers[REPLAYED], undefined);
    assert.equal(second.json.user_id, bob.email);
  });

  test('keys are compared as bytes: letter case makes another key', async () => {
    const ann = await newPerson();
    const key = `${newKey()}-abc`;
    for (const variant of [key, key.toUpperCase(), `${key}-`, `${key}_`]) {
      const reply = expectStatus(await ann.post(work({ minutes: 5 }), { key: variant }), 201);
      assert.equal(reply.headers[REPLAYED], undefined, variant);
    }
    assert.equal(await countEntries(ann), 4);
  });
});

describe('the form of a key', () => {
  test('16 to 64 of A-Z a-z 0-9 _ - are accepted', async () => {
    const ann = await newPerson();
    const letters = newKey().slice(4);
    for (const key of [letters.slice(0, 16), letters.padEnd(64, 'Z'), `${letters}-_-_`]) {
      expectStatus(await ann.post(work({ minutes: 5 }), { key }), 201);
      assert.equal((await ann.post(work({ minutes: 5 }), { key })).headers[REPLAYED], 'true');
    }
  });

  test('anything else is a 400, and nothing is stored', async () => {
    const ann = await newPerson();
    expectStatus(await ann.get('/api/me'), 200);
    const { json: entry, etag } = expectStatus(await ann.post(work()), 201);
    await unchanged(async () => {
      for (const key of [
        'k'.repeat(15),
        'k'.repeat(65),
        'k'.repeat(1000),
        'with.a.dot.in.it.',
        'with a space in it',
        '"quoted-like-a-header"',
        `${'k'.repeat(20)}/`,
        'ümlautümlautümlaut',
      ]) {
        const value = Buffer.from(key).toString('latin1');
        expectProblem(await ann.post(work(), { key: value }), 400, 'malformed-request');
        expectProblem(await ann.patch(entry.id, { minutes: 5 }, etag, { key: value }), 400, 'malformed-request');
        expectProblem(await ann.delete(entry.id, etag, { key: value }), 400, 'malformed-request');
      }
    });
  });

  test('on a request that reads, a key means nothing', async () => {
    const ann = await newPerson();
    expectStatus(await ann.get(LIST, { headers: { 'Idempotency-Key': 'short' } }), 200);
  });
});

describe('a refused request', () => {
  test('stores nothing: the key is good for the request that is right', async () => {
    const ann = await newPerson();
    expectStatus(await ann.get('/api/me'), 200);
    const key = newKey();
    const full = expectStatus(await ann.post(work({ date: '2024-05-08', minutes: 1440 })), 201);
    await unchanged(async () => {
      expectProblem(await ann.post(work({ minutes: 0 }), { key }), 422, 'validation');
      expectProblem(await ann.post(work({ date: '2024-05-08' }), { key }), 422, 'day-over-24h');
      expectProblem(await ann.post(work({ project: 'BAKERY' }), { key }), 409, 'project-closed');
      expectProblem(await ann.patch(full.json.id, { minutes: 5 }, '"e9"', { key }), 412, 'version-mismatch');
      expectProblem(await ann.patch(4503599627370495, { minutes: 5 }, '"e9"', { key }), 404, 'not-found');
    });
    const stored = expectStatus(await ann.post(work(), { key }), 201);
    assert.equal(stored.headers[REPLAYED], undefined);
    expectReplay(await ann.post(work(), { key }), stored);
  });
});

describe('requests with one key that race', () => {
  test('20 at once: one row, and all get the same answer', async () => {
    for (let round = 0; round < 5; round++) {
      const ann = await newPerson();
      const key = newKey();
      const replies = await Promise.all(range(20).map(() => ann.post(work({ note: `round ${round}` }), { key })));
      for (const reply of replies) {
        expectStatus(reply, 201);
        assert.equal(reply.text, replies[0].text);
        assert.equal(reply.headers.location, replies[0].headers.location);
      }
      assert.equal(replies.filter(({ headers }) => headers[REPLAYED] === undefined).length, 1, 'one was the first');
      assert.equal(await countEntries(ann), 1);
      await checkBooks(ann);
    }
  });

  test('different requests with one key: one is stored, the others are refused', async () => {
    const ann = await newPerson();
    const key = newKey();
    const replies = await Promise.all(range(10).map((n) => ann.post(work({ minutes: n + 1 }), { key })));
    assert.equal(replies.filter(({ status }) => status === 201).length, 1);
    for (const reply of replies.filter(({ status }) => status !== 201))
      expectProblem(reply, 422, 'idempotency-key-reused');
    assert.equal(await countEntries(ann), 1);
  });

  test('many keys, each sent three times in a random order: each makes one row', async () => {
    const ann = await newPerson();
    const keys = range(40).map(newKey);
    const order = [...keys, ...keys, ...keys].sort(() => Math.random() - 0.5);
    const replies = await inParallel(10, order, (key) => ann.post(work({ minutes: 5, note: key }), { key }));
    const byKey = new Map();
    replies.forEach((reply, index) => {
      expectStatus(reply, 201);
      const known = byKey.get(order[index]) ?? reply.text;
      assert.equal(reply.text, known);
      byKey.set(order[index], known);
    });
    assert.equal(await countEntries(ann), 40);
    const { n } = await one(
      'SELECT COUNT(DISTINCT ikey) AS n FROM event e JOIN person p ON p.id = e.actor_id WHERE p.sub = ? AND ikey IS NOT NULL',
      Buffer.from(ann.sub),
    );
    assert.equal(n, 40);
    await checkBooks(ann);
  });
});

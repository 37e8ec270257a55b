// The database slow, frozen, cut off, killed and back (security.md sections 7 to 9).
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { checkBooks } from './lib/audit.mjs';
import { anonymous, LIST, newKey, newPerson, work } from './lib/caller.mjs';
import { expectProblem, expectStatus, expectUnauthenticated, inParallel, range, waitFor } from './lib/check.mjs';
import { countEntries, databaseAnswers, personIdOf, query } from './lib/database.mjs';
import { Load, Writer } from './lib/load.mjs';
import { isAlive, needsUp, pidOf, signal, stack, stackUp } from './lib/stack.mjs';

const MINUTE = { timeout: 60_000 };
const FAST_MS = 2000;
const FROZEN_MS = 4500; // 4 s for a request with its retries, and the way there and back

function expectUnavailable(reply, withinMs) {
  expectProblem(reply, 503, 'database-unavailable');
  assert.match(reply.headers['retry-after'], /^[1-9]\d*$/);
  assert.ok(reply.elapsedMs < withinMs, `${reply.request} took ${Math.round(reply.elapsedMs)} ms`);
}

const CONNECTIONS = "SELECT id FROM information_schema.processlist WHERE user = 'ts_app'";
const NO_SUCH_CONNECTION = 1094;

/** The state of a service whose database is away: fast 503, no rights given, no liveness lost. */
async function expectDown(ann) {
  for (const reply of await inParallel(6, range(30), (n) => (n % 2 === 0 ? ann.get() : ann.post(work()))))
    expectUnavailable(reply, FAST_MS);
  for (const path of ['/api/me', '/api/projects', `${LIST}/1`]) expectUnavailable(await ann.get(path), FAST_MS);
  expectUnavailable(await ann.patch(1, { minutes: 1 }, '"e1"'), FAST_MS);
  expectUnavailable(await ann.delete(1, '"e1"'), FAST_MS);
  const ready = await anonymous.get('/api/health/ready');
  expectUnavailable(ready, FAST_MS);
  expectStatus(await anonymous.get('/api/health/live'), 200);
  expectUnauthenticated(await anonymous.get(), { credentials: false });
  expectProblem(await ann.get('/api/nothing'), 404, 'not-found');
  expectProblem(await ann.postText('{"bad'), 400, 'malformed-json');
}

/** After a failed connect a worker gives up at once for a second: waits until no worker does any more. */
async function settled() {
  const someone = await newPerson();
  let servedSince;
  await waitFor(
    'every worker has its database again',
    async () => {
      const replies = await Promise.all(range(8).map((n) => (n % 2 === 0 ? someone.get() : someone.patch(1, {}, '*'))));
      const served = replies.every(({ status }) => status === 200 || status === 404);
      servedSince = served ? (servedSince ?? Date.now()) : undefined;
      return served && Date.now() - servedSince > 1200;
    },
    { deadlineMs: 10_000 },
  );
}

/** Starts the database again. Resolves when it answers; `up` in the result then still waits for the API. */
async function startDatabase() {
  const up = stackUp();
  up.catch(() => {}); // the caller awaits it later
  await waitFor('the database answers', databaseAnswers, { deadlineMs: 20_000 });
  return { up };
}

describe('a database that is slow', () => {
  test(
    'a row that stays locked: 503 with Retry-After in time, nothing stored, others served; then it works',
    MINUTE,
    async () => {
      const [ann, bob] = [await newPerson(), await newPerson()];
      expectStatus(await ann.post(work()), 201);
      expectStatus(await bob.get('/api/me'), 200);
      const holder = await mysql.createConnection({
        socketPath: stack.TS_DB_SOCKET,
        user: stack.TS_DB_ROOT_USER,
        database: stack.TS_DB_NAME,
      });
      const key = newKey();
      try {
        await holder.beginTransaction();
        await holder.query('SELECT * FROM week WHERE person_id = ? FOR UPDATE', [await personIdOf(ann)]);
        const blocked = ann.post(work(), { key });
        const other = expectStatus(await bob.post(work()), 201);
        assert.ok(other.elapsedMs < FAST_MS, 'others are not held up');
        expectStatus(await ann.get(), 200);
        const reply = await blocked;
        assert.equal(reply.status, 503, reply.text);
        expectProblem(reply, 503, reply.json.type.split('#')[1]);
        assert.match(reply.headers['retry-after'], /^[1-9]\d*$/);
        assert.ok(reply.elapsedMs < 6000, `${reply.elapsedMs} ms`);
      } finally {
        await holder.rollback();
        await holder.end();
      }
      assert.equal(await countEntries(ann), 1);
      expectStatus(await ann.post(work(), { key }), 201);
      await checkBooks(ann);
    },
  );

  test(
    'frozen: 503 within 4 s, alive all the while, and served again when it goes on; the key decides what was stored',
    MINUTE,
    async () => {
      const ann = await newPerson();
      expectStatus(await ann.post(work({ minutes: 1 })), 201);
      const key = newKey();
      const database = pidOf('database');
      signal(database, 'SIGSTOP');
      try {
        const pending = [ann.get(), ann.post(work({ minutes: 2 }), { key })];
        let settled = 0;
        for (const one of pending) one.finally(() => (settled += 1)).catch(() => {});
        do {
          const live = expectStatus(await anonymous.get('/api/health/live'), 200);
          assert.ok(live.elapsedMs < FROZEN_MS, `alive after ${live.elapsedMs} ms`);
          await pause(100);
        } while (settled < pending.length);
        for (const reply of await Promise.all(pending)) expectUnavailable(reply, FROZEN_MS);
        const ready = await anonymous.get('/api/health/ready');
        expectUnavailable(ready, FROZEN_MS);
        // With every worker waiting, none is past its deadline.
        for (const reply of await Promise.all(range(4).map(() => ann.get()))) expectUnavailable(reply, 2 * FROZEN_MS);
      } finally {
        signal(database, 'SIGCONT');
      }
      const took = await waitFor('served again', async () => (await ann.get()).status === 200, { deadlineMs: 3000 });
      assert.ok(took <= 3000);
      const again = await waitForStored(ann, work({ minutes: 2 }), key);
      assert.equal(again.json.minutes, 2);
      assert.equal(await countEntries(ann), 2);
      await checkBooks(ann);
    },
  );

  async function waitForStored(caller, body, key) {
    let reply;
    await waitFor('the write is stored', async () => {
      reply = await caller.post(body, { key });
      return reply.status !== 503;
    });
    return expectStatus(reply, 201);
  }
});

describe('connections that are cut', () => {
  test(
    'the server cuts connections in use, several times a second: no request fails, keyed or not, nothing is lost or twice',
    MINUTE,
    async () => {
      await settled();
      const writer = await Writer.make();
      expectStatus(await writer.read(), 200);
      const load = new Load()
        .add(3, 201, () => writer.once())
        .add(2, 201, () => writer.unkeyed())
        .add(2, 200, () => writer.read());
      // Only connections that were there a round before: one that is still being opened is a database that is away,
      // and that is said fast (503).
      let known = new Set();
      let cut = 0;
      const end = performance.now() + 5000;
      while (performance.now() < end) {
        const open = (await query(CONNECTIONS)).map(({ id }) => id);
        for (const id of open.filter((one) => known.has(one))) {
          await query(`KILL ${id}`).then(
            () => (cut += 1),
            (error) => assert.equal(error.errno, NO_SUCH_CONNECTION),
          );
        }
        known = new Set(open);
        await pause(150);
      }
      await load.stop();
      assert.ok(cut > 30, `${cut} connections were cut`);
      load.expectNoFailure();
      await writer.expectExactlyOnce();
    },
  );

  test('connections that idled away are replaced without anybody noticing', async () => {
    await settled();
    const ann = await newPerson();
    expectStatus(await ann.get(), 200);
    for (const { id } of await query(CONNECTIONS)) {
      await query(`KILL ${id}`).catch((error) => assert.equal(error.errno, NO_SUCH_CONNECTION));
    }
    for (const reply of await inParallel(4, range(24), (n) =>
      n % 3 === 0 ? ann.post(work({ minutes: 1 })) : ann.get(),
    )) {
      assert.ok([200, 201].includes(reply.status), `${reply.request} ${reply.status} ${reply.text}`);
    }
    await checkBooks(ann);
  });
});

describe('a database that dies', () => {
  for (const [name, how] of [
    ['kill -9', 'SIGKILL'],
    ['stopped', 'SIGTERM'],
  ]) {
    test(`${name}: fast 503 while it is away, served within 3 s once it is back, nothing lost or twice`, {
      ...MINUTE,
      skip: needsUp,
    }, async () => {
      const ann = await newPerson();
      expectStatus(await ann.post(work()), 201);
      const writer = await Writer.make();
      const load = new Load().add(4, 201, () => writer.stubborn());
      await waitFor('load', async () => load.served.length > 30);
      const database = pidOf('database');
      let up;
      try {
        signal(database, how);
        await waitFor('the database ends', async () => !isAlive(database), { deadlineMs: 20_000 });
        await waitFor('it is noticed', async () => (await ann.get()).status === 503, { deadlineMs: FAST_MS });
        await expectDown(ann);
      } finally {
        ({ up } = await startDatabase());
      }
      const took = await waitFor('served again', async () => (await ann.get()).status === 200, { deadlineMs: 3000 });
      assert.ok(took <= 3000);
      await up;
      const before = load.served.length;
      await waitFor('the load goes on', async () => load.served.length > before + 30);
      await load.stop();
      load.expectNoFailure();
      await writer.expectExactlyOnce();
      expectStatus(await anonymous.get('/api/health/ready'), 200);
      expectStatus(await ann.get(), 200);
    });
  }
});

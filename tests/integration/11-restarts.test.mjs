// Workers and pools that die or are replaced under load (security.md sections 8 and 9).
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { anonymous, newPerson } from './lib/caller.mjs';
import { expectNginxProblem, expectStatus, waitFor } from './lib/check.mjs';
import { newAgent } from './lib/http.mjs';
import { Load, Writer } from './lib/load.mjs';
import { isAlive, needsUp, POOLS, pidOf, signal, stackUp, workersOf } from './lib/stack.mjs';

const MINUTE = { timeout: 60_000 };

/** Calls action every so many milliseconds, for a time; resolves with the number of calls. */
async function regularly(everyMs, forMs, action) {
  const end = performance.now() + forMs;
  let n = 0;
  while (performance.now() < end) {
    await action(n++);
    await pause(everyMs);
  }
  return n;
}

/** Keyed writes and reads, each sent once. */
async function keyedLoad() {
  const writer = await Writer.make();
  expectStatus(await writer.read(), 200);
  const load = new Load().add(5, 201, () => writer.once()).add(3, 200, () => writer.read());
  return { writer, load };
}

async function allReplaced(before, pools = POOLS) {
  await waitFor(
    'the workers are replaced',
    async () => before.every((pid) => !isAlive(pid)) && (await workersOf(...pools)).length === before.length,
    { deadlineMs: 10_000 },
  );
}

describe('workers that die', () => {
  test(
    'kill -9 of a worker every 200 ms: no request of a keyed client and no read fails, nothing is lost or twice',
    MINUTE,
    async () => {
      const { writer, load } = await keyedLoad();
      const kills = await regularly(200, 5000, async (n) => {
        const pids = await workersOf(POOLS[n % 2]);
        if (pids.length > 0) signal(pids[n % pids.length], 'SIGKILL');
      });
      await load.stop();
      assert.ok(kills >= 10, `${kills} kills`);
      load.expectNoFailure();
      await writer.expectExactlyOnce();
    },
  );

  test(
    'kill -9 of all workers: served again within 2 s; a client that repeats by key loses nothing',
    MINUTE,
    async () => {
      const writer = await Writer.make();
      const load = new Load().add(6, 201, () => writer.stubborn());
      for (let round = 0; round < 3; round++) {
        await pause(400);
        for (const pid of await workersOf()) signal(pid, 'SIGKILL');
        const took = await waitFor(
          'served again',
          async () => (await anonymous.get('/api/health/ready')).status === 200,
          { deadlineMs: 2000 },
        );
        assert.ok(took <= 2000);
      }
      await load.stop();
      load.expectNoFailure();
      assert.ok(load.longestGapMs <= 2000, `a gap of ${Math.round(load.longestGapMs)} ms`);
      await writer.expectExactlyOnce();
    },
  );

  test(
    'TERM for a worker every 100 ms: it finishes its request, so that not even a write without a key fails',
    MINUTE,
    async () => {
      const writer = await Writer.make();
      const load = new Load().add(5, 201, () => writer.unkeyed()).add(2, 200, () => writer.read());
      await regularly(100, 3000, async (n) => {
        const pids = await workersOf(POOLS[n % 2]);
        if (pids.length > 0) signal(pids[n % pids.length], 'SIGTERM');
      });
      await load.stop();
      load.expectNoFailure();
      await writer.expectExactlyOnce();
    },
  );
});

describe('reloads and restarts', () => {
  test('USR2 for both pools under load: every worker is replaced and no request fails', MINUTE, async () => {
    const writer = await Writer.make();
    const load = new Load().add(5, 201, () => writer.unkeyed()).add(2, 200, () => writer.read());
    for (const pool of POOLS) {
      const before = await workersOf(pool);
      assert.ok(before.length > 0);
      await pause(200);
      signal(pidOf(pool), 'SIGUSR2');
      await allReplaced(before, [pool]);
    }
    await pause(300);
    await load.stop();
    load.expectNoFailure();
    await writer.expectExactlyOnce();
  });

  test('one pool ends and is started again under load: no keyed request and no read fails', {
    ...MINUTE,
    skip: needsUp,
  }, async () => {
    for (const pool of POOLS) {
      const { writer, load } = await keyedLoad();
      const [watcher, before] = [pidOf(pool), await workersOf(pool)];
      await pause(200);
      signal(watcher, 'SIGTERM');
      await waitFor('the pool ends', async () => [watcher, ...before].every((pid) => !isAlive(pid)), {
        deadlineMs: 10_000,
      });
      await pause(500);
      await stackUp();
      assert.notEqual(pidOf(pool), watcher);
      await pause(200);
      await load.stop();
      load.expectNoFailure();
      await writer.expectExactlyOnce();
    }
  });

  test('nginx loads its configuration anew under load: no request fails', MINUTE, async () => {
    // A new connection for each request: a kept one may be closed just when the next request is sent.
    const agent = newAgent({ keepAlive: false });
    const writer = await Writer.make();
    const load = new Load()
      .add(4, 201, () => writer.once({ agent }))
      .add(2, 200, () => anonymous.get('/api/health/live', { agent }));
    for (let round = 0; round < 3; round++) {
      await pause(500);
      signal(pidOf('nginx'), 'SIGHUP');
    }
    await pause(500);
    await load.stop();
    load.expectNoFailure();
    await writer.expectExactlyOnce();
  });

  test('both pools down: nginx says so at once with a 502 problem, pages are served, and all comes back', {
    ...MINUTE,
    skip: needsUp,
  }, async () => {
    const ann = await newPerson();
    const watchers = POOLS.map(pidOf);
    const workers = await workersOf();
    for (const pid of watchers) signal(pid, 'SIGTERM');
    try {
      await waitFor('the pools end', async () => [...watchers, ...workers].every((pid) => !isAlive(pid)), {
        deadlineMs: 10_000,
      });
      for (const reply of [await ann.get(), await ann.post({}), await anonymous.get('/api/health/live')]) {
        expectNginxProblem(reply, 502);
        assert.match(reply.headers['retry-after'], /^[1-9]\d*$/);
        assert.ok(reply.elapsedMs < 1500, `${reply.elapsedMs} ms`);
      }
      expectStatus(await anonymous.get('/'), 200);
    } finally {
      await stackUp();
    }
    expectStatus(await ann.get(), 200);
  });
});

// The tenant's keys: rotation, an endpoint that misbehaves, and a start without any key (security.md section 3).
// The stack runs with a cooldown of 1 s and a fresh time of 10 s.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, describe, test } from 'node:test';
import { anonymous, Caller, newPerson, personClaims, READ, work } from './lib/caller.mjs';
import { expectProblem, expectStatus, expectUnauthenticated, inParallel, range, waitFor } from './lib/check.mjs';
import { isAlive, signal, stack, workersOf } from './lib/stack.mjs';
import { demoToken, headerOf, jwksFault, jwksStats, mint, resetJwksStats, rotateKeys } from './lib/tenant.mjs';

const COOLDOWN_S = 1;
const FRESH_S = 10;
let kids = 0;

/** A token under a key id that nobody has published. */
const unknownKid = async () =>
  new Caller(await mint({ payload: personClaims(), header: { kid: `unknown-${process.pid}-${kids++}` } }));
const everyWorker = async (check) => {
  for (const reply of await inParallel(8, range(40), () => check())) assert.equal(reply, undefined);
};

/** Waits until the key endpoint was asked once more, by sending tokens with unknown key ids. */
async function provokeFetch() {
  const before = (await jwksStats()).requests;
  await waitFor(
    'the keys are fetched',
    async () => {
      expectUnauthenticated(await (await unknownKid()).get('/api/me'));
      return (await jwksStats()).requests > before;
    },
    { deadlineMs: 20_000, everyMs: 50 },
  );
}

/** After a fault: waits for a fetch that succeeds, so that back-offs are over. */
async function recover() {
  await jwksFault('none');
  await rotateKeys();
  const fresh = await newPerson();
  await waitFor('a new key is known', async () => (await fresh.get('/api/me')).status === 200, { deadlineMs: 20_000 });
}

after(() => jwksFault('none'));

describe('rotation', () => {
  test('a new key works within the cooldown, while the one before is still good', async () => {
    const before = await newPerson();
    expectStatus(await before.get('/api/me'), 200);
    const oldKid = headerOf(before.token).kid;
    const { kid, published } = await rotateKeys();
    assert.deepEqual(new Set(published), new Set([oldKid, kid]));
    const fresh = await newPerson();
    assert.equal(headerOf(fresh.token).kid, kid);
    await waitFor('the new key works', async () => (await fresh.get('/api/me')).status === 200, {
      deadlineMs: COOLDOWN_S * 1000 + 1000,
    });
    await everyWorker(async () => {
      expectStatus(await fresh.get('/api/me'), 200);
      expectStatus(await before.get('/api/me'), 200);
    });
  });

  test('a key that has left is refused within the fresh time, also for tokens that were remembered', async () => {
    const before = await newPerson();
    await everyWorker(async () => void expectStatus(await before.get('/api/me'), 200));
    await rotateKeys(true);
    // Nobody comes with the new key, so that age alone makes the workers look.
    let refused = 0;
    const took = await waitFor(
      'the removed key is refused by every worker',
      async () => {
        const reply = await before.get('/api/me');
        refused = reply.status === 401 ? refused + 1 : 0;
        return refused >= 20;
      },
      { deadlineMs: FRESH_S * 1000 + 1000, everyMs: 40 },
    );
    assert.ok(took < FRESH_S * 1000 + 1000);
    expectUnauthenticated(await before.get('/api/me'));
    const retired = new Caller(await mint({ payload: personClaims(), key: 'retired' }));
    expectUnauthenticated(await retired.post(work()));
    const fresh = await newPerson();
    await waitFor('the new key works', async () => (await fresh.get('/api/me')).status === 200);
  });

  test('several rotations one after the other: the newest token is always let in within the cooldown', async () => {
    for (let n = 0; n < 3; n++) {
      await rotateKeys();
      const fresh = await newPerson();
      await waitFor('the new key works', async () => (await fresh.get('/api/me')).status === 200, {
        deadlineMs: COOLDOWN_S * 1000 + 1000,
      });
    }
  });
});

describe('a key endpoint that misbehaves, with keys known', () => {
  const modes = ['down', 'status500', 'redirect', 'junk', 'empty', 'huge', 'duplicate-kid', 'slow', 'trickle'];
  for (const mode of modes) {
    test(`${mode}: good tokens are let in as before, unknown keys stay refused`, async () => {
      const ann = await newPerson();
      expectStatus(await ann.get('/api/me'), 200);
      await resetJwksStats();
      await jwksFault(mode);
      try {
        // While one worker waits for the endpoint, up to 5 s, the others go on.
        let fetching = true;
        const fetched = provokeFetch().finally(() => (fetching = false));
        while (fetching) {
          const reply = expectStatus(await ann.get('/api/me'), 200);
          assert.ok(reply.elapsedMs < 2000, `a good request took ${Math.round(reply.elapsedMs)} ms`);
        }
        await fetched;
        const other = await newPerson();
        await everyWorker(async () => {
          expectStatus(await ann.get('/api/me'), 200);
          expectStatus(await other.get('/api/me'), 200);
        });
        expectStatus(await anonymous.get('/api/health/ready'), 200);
        assert.equal((await jwksStats()).redirected, 0, 'a redirect is not followed');
      } finally {
        await recover();
      }
    });
  }

  test('small-key: the good keys of the set are used, the small one is not', async () => {
    await jwksFault('small-key');
    try {
      await provokeFetch();
      const small = new Caller(await mint({ payload: personClaims(), key: 'small' }));
      await everyWorker(async () => void expectUnauthenticated(await small.get('/api/me')));
      expectStatus(await (await newPerson()).get('/api/me'), 200);
    } finally {
      await recover();
    }
  });

  for (const mode of ['none', 'down']) {
    test(`a flood of unknown key ids (endpoint: ${mode}): few fetches, and good requests are served all the while`, async () => {
      const ann = await newPerson();
      expectStatus(await ann.get('/api/me'), 200);
      const strangers = await Promise.all(range(20).map(unknownKid));
      await jwksFault(mode);
      await resetJwksStats();
      const started = performance.now();
      try {
        const times = [];
        await inParallel(8, range(1200), async (n) => {
          if (n % 4 > 0) {
            expectUnauthenticated(await strangers[n % strangers.length].get('/api/me'));
          } else {
            times.push(expectStatus(await ann.get('/api/me'), 200).elapsedMs);
          }
        });
        const seconds = (performance.now() - started) / 1000;
        const { requests } = await jwksStats();
        assert.ok(requests <= seconds / COOLDOWN_S + 2, `${requests} fetches in ${seconds.toFixed(1)} s`);
        times.sort((a, b) => a - b);
        assert.ok(times[Math.floor(times.length * 0.9)] < 1000, `slow: ${times.at(-1)} ms`);
      } finally {
        await recover();
      }
    });
  }
});

describe('a start without any key', () => {
  test('503 with Retry-After (not 401) until the tenant is back, then everything works by itself', async () => {
    const ann = await newPerson();
    const nobody = new Caller(await demoToken('nobody'));
    expectStatus(await ann.get('/api/me'), 200);
    const before = await workersOf();
    await jwksFault('down');
    try {
      fs.rmSync(stack.TS_JWKS_CACHE);
      for (const pid of before) signal(pid, 'SIGTERM');
      await waitFor('the old workers end', async () => before.every((pid) => !isAlive(pid)));
      await waitFor('new workers serve', async () => (await anonymous.get('/api/health/live')).status === 200);
      for (const caller of [ann, nobody]) {
        const reply = await caller.get('/api/me');
        expectProblem(reply, 503, 'tenant-unavailable');
        assert.match(reply.headers['retry-after'], /^[1-9]\d*$/);
        assert.equal(reply.headers['www-authenticate'], undefined);
      }
      expectProblem(await anonymous.get('/api/health/ready'), 503, 'tenant-unavailable');
      expectUnauthenticated(await anonymous.get('/api/me'), { credentials: false });
      expectUnauthenticated(await new Caller('no-token').get('/api/me'));
    } finally {
      await jwksFault('none');
    }
    await waitFor(
      'the keys are fetched by themselves',
      async () => (await anonymous.get('/api/health/ready')).status === 200,
      { deadlineMs: 20_000 },
    );
    await waitFor('every worker serves', async () => {
      const replies = await Promise.all(range(16).map(() => ann.get('/api/me')));
      return replies.every(({ status }) => status === 200);
    });
    expectStatus(await ann.post(work()), 201);
  });

  test('without the endpoint a restarted worker uses the shared keys', async () => {
    const reader = await newPerson({ scopes: [READ] });
    expectStatus(await reader.get(), 200);
    await jwksFault('down');
    try {
      const before = await workersOf();
      for (const pid of before) signal(pid, 'SIGKILL');
      await waitFor('new workers serve', async () => {
        const now = await workersOf();
        return now.length === before.length && !now.some((pid) => before.includes(pid));
      });
      await everyWorker(async () => void expectStatus(await reader.get(), 200));
    } finally {
      await recover();
    }
  });
});

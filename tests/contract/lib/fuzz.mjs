// Running properties: how many requests, from which seed, and what was found.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { templateOf } from '../../integration/lib/contract.mjs';
import { send } from '../../integration/lib/http.mjs';

const number = (name, fallback) => (process.env[name] ? Number(process.env[name]) : fallback);

/** Where the random values begin; the same seed makes the same requests. */
export const seed = number('TS_FUZZ_SEED', Math.floor(Math.random() * 2 ** 31));
const budget = number('TS_FUZZ_REQUESTS', 6000);
const TIME_MS = 120_000;

let requests = 0;
let faults = 0;
const outcomes = new Map(); // operation -> status -> how often

/** A request; whatever was asked, the answer is one that the document promises (lib/http.mjs looks) and no 5xx. */
export async function ask(method, target, options) {
  requests++;
  const reply = await send(method, target, options);
  const name = `${method} ${templateOf(target) ?? 'elsewhere'}`;
  const counts = outcomes.get(name) ?? {};
  outcomes.set(name, counts);
  counts[reply.status] = (counts[reply.status] ?? 0) + 1;
  assert.ok(reply.status < 500, `${method} ${target} answered ${reply.status}: ${reply.text.slice(0, 600)}`);
  return reply;
}

const seedOf = (name) => createHash('sha256').update(`${seed} ${name}`).digest().readInt32LE(0);

/** A test that a property holds. `share`: its part of all requests that are to be made. */
export function property(name, share, arbitrary, check) {
  test(name, { timeout: 4 * TIME_MS }, async () => {
    const numRuns = Math.max(3, Math.round(budget * share));
    const found = await fc.check(fc.asyncProperty(arbitrary, check), {
      numRuns,
      seed: seedOf(name),
      interruptAfterTimeLimit: TIME_MS,
    });
    if (!found.failed) return;
    faults++;
    const example = JSON.stringify(found.counterexample)?.slice(0, 2000);
    assert.fail(
      `${found.errorInstance?.message ?? 'no run was made in time'}\n` +
        `after ${found.numRuns} runs, made smaller ${found.numShrinks} times, with: ${example}\n` +
        `again: tests/contract/run --seed ${seed} --requests ${budget} --only '${name}'`,
    );
  });
}

after(() => {
  for (const [name, counts] of [...outcomes].sort()) {
    const list = Object.entries(counts).map(([status, times]) => `${status} ${times} times`);
    console.log(`  ${name}: ${list.join(', ')}`);
  }
  console.log(`${requests} requests, ${faults} faults found, seed ${seed}`);
});

// What the tests say about answers.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** The status that was expected, or a failure that shows the answer. */
export function expectStatus(reply, status) {
  assert.equal(reply.status, status, `${reply.request} answered ${reply.status}: ${reply.text.slice(0, 600)}`);
  return reply;
}

// Words that tell about the inside: SQL, files, libraries, programs.
const INSIDE =
  /\b(SELECT|INSERT|UPDATE|mysql|mariadb|talloc|json-c|libjwt|openssl|libcurl|nginx|timesheets-api)\b|\/(?:var|tmp|usr|home|root|run)\//i;

function checkProblem(reply, status) {
  expectStatus(reply, status);
  assert.equal(reply.headers['content-type'], 'application/problem+json', reply.request);
  assert.equal(reply.headers['cache-control'], 'no-store', reply.request);
  const problem = reply.json;
  assert.equal(problem.status, status, 'the status in the body');
  assert.equal(problem.instance, `urn:request:${reply.headers['x-request-id']}`, 'the request id in the body');
  assert.ok(problem.title.length > 0, 'a title');
  assert.doesNotMatch(reply.text, INSIDE);
  return problem;
}

/** A problem document (RFC 9457) of the API, by the slug at the end of its type. */
export function expectProblem(reply, status, slug) {
  const problem = checkProblem(reply, status);
  assert.equal(problem.type, `/api/docs#${slug}`, reply.text);
  return problem;
}

/** A problem document that nginx wrote. */
export function expectNginxProblem(reply, status) {
  const problem = checkProblem(reply, status);
  assert.equal(problem.type, 'about:blank', reply.text);
  assert.ok(problem.detail.length > 0, 'a detail');
  return problem;
}

/** 401: with credentials the error is named, without any the challenge is bare (RFC 6750 section 3). */
export function expectUnauthenticated(reply, { credentials = true } = {}) {
  const problem = expectProblem(reply, 401, 'invalid-token');
  assert.equal(problem.title, 'Missing or invalid token');
  assert.equal(reply.headers['www-authenticate'], credentials ? 'Bearer error="invalid_token"' : 'Bearer');
  return problem;
}

export function expectNoScope(reply, scope) {
  const problem = expectProblem(reply, 403, 'insufficient-scope');
  assert.equal(reply.headers['www-authenticate'], `Bearer error="insufficient_scope", scope="${scope}"`);
  return problem;
}

/** 422 with just these fields at fault: {'/date': 'range'}; a code of null stands for any. */
export function expectFaults(reply, faults, slug = 'validation') {
  const problem = expectProblem(reply, 422, slug);
  const found = Object.fromEntries(
    problem.errors.map(({ pointer, code }) => [pointer, faults[pointer] === null ? null : code]),
  );
  assert.deepEqual(found, faults, reply.text);
  for (const { detail } of problem.errors) assert.ok(detail.length > 0, 'each fault has a sentence');
  return problem;
}

/** Asks again and again until the answer is true; the deadline is a failure. Resolves with the time it took. */
export async function waitFor(what, check, { deadlineMs = 5000, everyMs = 20 } = {}) {
  const started = performance.now();
  for (;;) {
    if (await check()) return performance.now() - started;
    if (performance.now() - started > deadlineMs) assert.fail(`${what}: not within ${deadlineMs} ms`);
    await pause(everyMs);
  }
}

/** Runs jobs of a list, so many at a time; resolves with all results. */
export async function inParallel(width, items, job) {
  const results = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await job(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}

export const range = (count) => Array.from({ length: count }, (_, index) => index);

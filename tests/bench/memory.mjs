// Memory and descriptors of the workers over many requests of every kind.
//   node memory.mjs REQUESTS WARMUP
import { Client, day, entryBody, inParallel } from './lib/client.mjs';
import { descriptors, memory, workers } from './lib/proc.mjs';
import { table } from './lib/table.mjs';
import { minter } from './lib/tokens.mjs';

// PSS is shown and not judged: it also rises when another process that shares the libraries ends.
const GROWTH_MAX_KB = 1024;
const [requests, warmup] = process.argv.slice(2).map(Number);
const mint = minter();
const client = new Client({ connections: 24 });
const run = `memory-${Date.now()}`;
// More callers than a worker remembers tokens, so that its caches are full and change all the time.
const people = Array.from({ length: 1500 }, (_, i) => `auth0|${run}-${i}`);
const tokens = people.map((sub) => mint(sub));
const readOnly = mint(people[0], { scope: 'read:timesheets' });
const expired = mint(people[0], { iat: 1, exp: 2 });
const etag = { 'if-match': '"1"' };
const ids = [];

// What is sent, and what may be answered. i tells requests apart.
const own = (i) => ({ token: tokens[i % tokens.length] });
const post = (i, over = {}) => ['POST', '/api/timesheets', { ...own(i), body: entryBody(day(i)), ...over }];
const id = (i) => ids[i % Math.max(1, ids.length)] ?? { token: tokens[0], id: 1 };
const mix = [
  (i) => [200, 'GET', '/api/timesheets', own(i)],
  (i) => [200, 'GET', '/api/timesheets?limit=20&status=submitted', own(i)],
  (i) => [201, ...post(i)],
  (i) => [201, ...post(i, { headers: { 'idempotency-key': `${run}-${i}` } })],
  (i) => [[200, 404], 'GET', `/api/timesheets/${id(i).id}`, { token: id(i).token }],
  (i) => [200, 'GET', '/api/projects', own(i)],
  (i) => [200, 'GET', '/api/me', own(i)],
  (i) => [
    [200, 404, 412],
    'PATCH',
    `/api/timesheets/${id(i).id}`,
    { token: id(i).token, headers: etag, body: `{"note":"${'n'.repeat(i % 500)}"}` },
  ],
  () => [401, 'GET', '/api/timesheets', {}],
  () => [401, 'GET', '/api/timesheets', { token: expired }],
  (i) => [401, 'GET', '/api/timesheets', { token: `${tokens[i % tokens.length].slice(0, -4)}AAAA` }],
  () => [403, 'POST', '/api/timesheets', { token: readOnly, body: entryBody('2026-01-05') }],
  (i) => [422, ...post(i, { body: '{"date":"2026-02-30","project":"","hours":25,"more":1}' })],
  (i) => [
    400,
    ...post(i, { body: `{"date":"2026-01-05","project":"StoreZero","hours":1,"note":"${'x'.repeat((i % 400) * 100)}` }),
  ],
  (i) => [415, ...post(i, { headers: { 'content-type': 'text/plain' } })],
  (i) => [404, 'GET', `/api/nothing-${i}`, own(i)],
];

let wrong = 0;
const first = new Map();

async function send(count, from) {
  await inParallel(count, 24, async (n) => {
    const i = from + n;
    // The kinds take turns at a step of their own, so that each caller sends each kind.
    const [want, method, path, options] = mix[(i * 7 + Math.floor(i / 1500)) % mix.length](i);
    const reply = await client.request(method, path, options);
    if (reply.status === 201 && ids.length < 2000) ids.push({ id: JSON.parse(reply.text).id, token: options.token });
    if (![want].flat().includes(reply.status)) {
      wrong++;
      const what = `${method} ${path.replace(/\d+/g, 'N')}: ${reply.status} instead of ${want}`;
      if (!first.has(what)) first.set(what, reply.text.slice(0, 200));
    }
  });
}

const look = () => workers().map((worker) => ({ ...worker, ...memory(worker.pid), fds: descriptors(worker.pid) }));

await send(warmup, 0);
const before = look();
const started = performance.now();
await send(requests, warmup);
const seconds = (performance.now() - started) / 1000;
client.close();
const after = look();

const mb = (kb) => (kb / 1024).toFixed(2);
let failed = wrong > 0;
const rows = before.map((old) => {
  const now = after.find((worker) => worker.pid === old.pid && worker.started === old.started);
  if (now === undefined) {
    failed = true;
    return [old.pid, mb(old.rss), 'ended', '', mb(old.pss), '', '', old.fds, ''];
  }
  if (now.rss - old.rss > GROWTH_MAX_KB || now.private - old.private > GROWTH_MAX_KB || now.fds > old.fds)
    failed = true;
  return [
    old.pid,
    mb(old.rss),
    mb(now.rss),
    mb(now.rss - old.rss),
    mb(old.pss),
    mb(now.pss),
    mb(now.pss - old.pss),
    old.fds,
    now.fds,
  ];
});
const total = (list, name) => list.reduce((sum, worker) => sum + worker[name], 0);
rows.push([
  'all',
  mb(total(before, 'rss')),
  mb(total(after, 'rss')),
  '',
  mb(total(before, 'pss')),
  mb(total(after, 'pss')),
  mb(total(after, 'pss') - total(before, 'pss')),
  total(before, 'fds'),
  total(after, 'fds'),
]);
console.log(`\n${requests} requests in ${seconds.toFixed(0)} s after ${warmup} to warm up; memory in MB`);
console.log(
  table(['worker', 'RSS before', 'after', 'growth', 'PSS before', 'after', 'growth', 'descriptors', 'after'], rows),
);
for (const [what, text] of first) console.log(`unexpected: ${what}: ${text}`);
console.log(failed ? `Not flat, or ${wrong} unexpected answers.` : 'Flat.');
process.exit(failed ? 1 : 0);

// Measures each endpoint of a running stack whose database is full.
//   node endpoints.mjs FOLDER SECONDS CLIENTS
// Reads are sent by wrk, without a pause and then at a steady pace; writes one person after the other.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Client, inParallel } from './lib/client.mjs';
import { cpuSeconds, stackPids, workers } from './lib/proc.mjs';
import { percentile, table } from './lib/table.mjs';
import { minter } from './lib/tokens.mjs';

const here = import.meta.dirname;
const [folder, seconds, clients] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const READ = 'read:timesheets create:timesheets delete:timesheets';
const APPROVE = `${READ} approve:timesheets`;
const ADMIN = `${APPROVE} admin:timesheets`;
const PACE_MS = 40; // of each client of the steady load
const WARM_MS = 1000; // in which its connections are made, which is not measured
const DAY = 864e5;

const sql = (text) =>
  execFileSync(
    'mariadb',
    [
      '--no-defaults',
      '--protocol=socket',
      `--socket=${process.env.TS_DB_SOCKET}`,
      `--user=${process.env.TS_DB_ROOT_USER}`,
      '--batch',
      '--skip-column-names',
      process.env.TS_DB_NAME,
      '-e',
      text,
    ],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  )
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t'));

const mint = minter();
const latest = sql('SELECT MAX(work_date) FROM entry WHERE status = 2')[0][0];
const people = sql(
  'SELECT id, sub, user_id FROM person WHERE sub IS NOT NULL AND sub IN (SELECT sub FROM person) ORDER BY id',
)
  .map(([id, sub, user]) => ({ id, sub, user, token: mint(sub, { scope: READ }) }))
  .slice(0, 200);
const manager = mint(people.at(-1).sub, { scope: APPROVE });
const admin = mint(people.at(-1).sub, { scope: ADMIN });

const iso = (ms) => new Date(ms).toISOString().slice(0, 10);
function weekOf(date) {
  const day = Date.parse(date);
  const monday = day - ((new Date(day).getUTCDay() + 6) % 7) * DAY;
  const thursday = new Date(monday + 3 * DAY);
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 4);
  const firstMonday = first - ((new Date(first).getUTCDay() + 6) % 7) * DAY;
  return `${thursday.getUTCFullYear()}-W${String(1 + Math.round((monday - firstMonday) / (7 * DAY))).padStart(2, '0')}`;
}
const week = weekOf(latest);
const year = `from=${iso(Date.parse(latest) - 364 * DAY)}&to=${latest}`;
const ids = sql(
  `SELECT e.id, p.sub FROM entry e JOIN person p ON p.id = e.person_id WHERE e.work_date = '${latest}' LIMIT 200`,
);
const tokens = new Map(people.map((p) => [p.sub, p.token]));

const own = (to) => people.map((p) => [to(p), p.token]);
const one = (to, token) => [[to, token]];
const READS = [
  ['GET /timesheets (own, 50)', own(() => '/api/timesheets')],
  [
    'GET /timesheets/{id}',
    ids.filter(([, sub]) => tokens.has(sub)).map(([id, sub]) => [`/api/timesheets/${id}`, tokens.get(sub)]),
  ],
  ['GET /weeks', own(() => '/api/weeks')],
  ['GET /weeks/{w} (own)', own(() => `/api/weeks/${week}`)],
  ['GET /approvals', one('/api/approvals', manager)],
  ['GET /approvals?user', people.map((p) => [`/api/approvals?user=${encodeURIComponent(p.user)}`, manager])],
  ['GET /people/{id}/weeks/{w}', people.map((p) => [`/api/people/${p.id}/weeks/${week}`, manager])],
  ['GET /people', one('/api/people', manager)],
  ['GET /projects', one('/api/projects', manager)],
  ['GET /me', own(() => '/api/me')],
  ['GET /periods/lock', one('/api/periods/lock', manager)],
  ['GET /sources', one('/api/sources', admin)],
  ['GET /uploads', one('/api/uploads', mint(people.at(-1).sub, { scope: `${ADMIN} batch:upload` }))],
  ['GET /audit (own)', own(() => '/api/audit')],
  ['GET /audit (all)', one('/api/audit', admin)],
];
const REPORTS = [
  ['missing weeks, the last 8', '/api/reports/missing', manager],
  ['by project, a year', `/api/reports/hours?${year}&group_by=project`, manager],
  ['by person, a year', `/api/reports/hours?${year}&group_by=person`, manager],
  ['by month and status, a year', `/api/reports/hours?${year}&group_by=month,status`, manager],
  ['by project and person, a year', `/api/reports/hours?${year}&group_by=project,person`, manager],
  ['by project, own, a year', `/api/reports/hours?${year}&group_by=project`, people[0].token],
];

const parts = stackPids();
const cpu = () => Object.fromEntries(Object.entries(parts).map(([name, pids]) => [name, cpuSeconds(pids)]));
const spent = (before, count) => {
  const after = cpu();
  return ['app', 'nginx', 'db'].map((name) => (((after[name] - before[name]) / count) * 1000).toFixed(3));
};

function wrk(lines, duration) {
  const file = path.join(folder, 'lines');
  fs.writeFileSync(file, lines.map((line) => `${line.join('\t')}\n`).join(''), { mode: 0o600 });
  const args = [
    '-t2',
    `-c${clients}`,
    `-d${duration}s`,
    '--timeout',
    '10s',
    '-s',
    path.join(here, 'lines.lua'),
    process.env.TS_URL,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn('wrk', args, { env: { ...process.env, REQUESTS: file }, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (data) => {
      out += data;
    });
    child.on('error', reject);
    child.on('close', () => {
      const found = /RESULT (\{.*\})/.exec(out);
      if (found) resolve(JSON.parse(found[1]));
      else reject(new Error(`wrk said: ${out}`));
    });
  });
}

// Clients that each ask once in PACE_MS, whether the answer before has come or not.
async function paced(lines, duration) {
  const client = new Client({ connections: 4 * clients });
  const times = [];
  const waiting = [];
  let errors = 0;
  let n = 0;
  const warm = performance.now() + WARM_MS;
  const end = warm + duration * 1000;
  await Promise.all(
    Array.from({ length: clients }, async (_, i) => {
      let due = performance.now() + (i * PACE_MS) / clients;
      while (due < end) {
        const wait = due - performance.now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        const [to, token] = lines[n++ % lines.length];
        const start = performance.now();
        waiting.push(
          client.request('GET', to, { token }).then(
            (reply) => {
              if (start > warm) times.push(performance.now() - start);
              if (reply.status !== 200) errors++;
            },
            () => errors++,
          ),
        );
        due += PACE_MS;
      }
    }),
  );
  await Promise.all(waiting);
  client.close();
  return { p50: percentile(times, 50), p99: percentile(times, 99), errors };
}

async function measureReads() {
  const rows = [];
  for (const [name, lines] of READS) {
    await wrk(lines, 1); // tokens and pages are known then
    const before = cpu();
    const busy = await wrk(lines, seconds);
    const used = spent(before, busy.requests);
    const calm = await paced(lines, seconds);
    rows.push([
      name,
      ...used,
      ((busy.requests / busy.us) * 1e6).toFixed(0),
      (busy.p50 / 1000).toFixed(2),
      (busy.p99 / 1000).toFixed(2),
      calm.p50.toFixed(2),
      calm.p99.toFixed(2),
      busy.errors + calm.errors,
    ]);
    console.error(`${name}: done`);
  }
  console.log(`\nReads beside ${clients} clients (CPU in ms a request; times in ms)`);
  console.log(
    table(
      ['', 'workers', 'nginx', 'database', 'req/s', 'p50 no pause', 'p99 no pause', 'p50 paced', 'p99 paced', 'errors'],
      rows,
    ),
  );
}

async function timed(client, count, width, task) {
  const times = [];
  const before = cpu();
  let errors = 0;
  await inParallel(count, width, async (i) => {
    const start = performance.now();
    const reply = await task(client, i);
    times.push(performance.now() - start);
    if (reply.status >= 300) {
      errors++;
      if (errors === 1) console.error(reply.status, reply.text.slice(0, 300));
    }
  });
  return [...spent(before, count), percentile(times, 50).toFixed(2), percentile(times, 99).toFixed(2), errors];
}

async function measureReports() {
  const client = new Client({ connections: 2 });
  const rows = [];
  for (const [name, to, token] of REPORTS) {
    await client.request('GET', to, { token });
    rows.push([name, ...(await timed(client, 10, 1, () => client.request('GET', to, { token })))]);
  }
  client.close();
  console.log('\nReports, one at a time (CPU in ms a request; times in ms)');
  console.log(table(['', 'workers', 'nginx', 'database', 'p50', 'p99', 'errors'], rows));
}

// A week nobody has written in: three lines a day, submitted, withdrawn, submitted, decided, reopened.
async function measureWrites() {
  const client = new Client({ connections: clients });
  const later = Date.parse(sql('SELECT CURDATE()')[0][0]) + 14 * DAY;
  const monday = later - ((new Date(later).getUTCDay() + 6) % 7) * DAY;
  const target = weekOf(iso(monday));
  const project = sql(
    "SELECT code FROM project WHERE state = 0 AND starts_on IS NULL AND ends_on IS NULL AND code NOT LIKE '%/%' LIMIT 1",
  )[0][0];
  const writers = people.slice(0, -1);
  const tags = new Map();
  const run = async (path_, method, body, { token, scope } = {}) => {
    const rows = await timed(client, writers.length, 4, async (_, i) => {
      const who = writers[i];
      const reply = await client.request(method, path_(who), {
        token: token ?? mint(who.sub, { scope: scope ?? READ }),
        body: body === undefined ? undefined : JSON.stringify(typeof body === 'function' ? body(who, i) : body),
        headers: tags.has(who.id) ? { 'If-Match': tags.get(who.id) } : {},
      });
      if (reply.headers.etag) tags.set(who.id, reply.headers.etag);
      return reply;
    });
    return rows;
  };
  const entries = Array.from({ length: 15 }, (_, i) => ({
    date: iso(monday + (i % 5) * DAY),
    project,
    minutes: 60,
    note: `line ${i}`,
  }));
  const own_ = () => `/api/weeks/${target}`;
  const decision = (who) => `/api/people/${who.id}/weeks/${target}/decision`;
  const rows = [];
  await run(own_, 'GET');
  rows.push(['PUT /weeks/{w}, 15 new entries', ...(await run(own_, 'PUT', { entries }))]);
  rows.push(['PUT submission', ...(await run(() => `${own_()}/submission`, 'PUT'))]);
  rows.push(['DELETE submission', ...(await run(() => `${own_()}/submission`, 'DELETE'))]);
  await run(() => `${own_()}/submission`, 'PUT');
  rows.push(['PUT decision, approved', ...(await run(decision, 'PUT', { decision: 'approved' }, { token: manager }))]);
  rows.push([
    'PUT decision, reopened',
    ...(await run(decision, 'PUT', { decision: 'reopened', reason: 'again' }, { token: manager })),
  ]);
  tags.clear();
  rows.push([
    'POST /timesheets',
    ...(await run(
      () => '/api/timesheets',
      'POST',
      (_, i) => ({ date: iso(monday + (i % 7) * DAY), project, minutes: 15 }),
    )),
  ]);
  const inbox = JSON.parse((await client.request('GET', '/api/approvals?limit=1000', { token: manager })).text);
  let at = 0;
  tags.clear();
  rows.push([
    'PUT /approvals/{id}',
    ...(await timed(client, Math.min(200, inbox.length), 4, () =>
      client.request('PUT', `/api/approvals/${inbox[at++].id}`, { token: manager, body: '{}' }),
    )),
  ]);
  client.close();
  console.log('\nWrites, four at a time (CPU in ms a request; times in ms)');
  console.log(table(['', 'workers', 'nginx', 'database', 'p50', 'p99', 'errors'], rows));
}

const peak = () =>
  Math.max(
    ...workers().map(({ pid }) =>
      Number(/^VmHWM:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0),
    ),
  );

async function measureUploads() {
  const client = new Client({ connections: 1, timeoutMs: 120000 });
  const machine = mint(`${process.env.TS_MACHINE_CLIENT_ID}@clients`, {
    scope: 'batch:upload',
    gty: 'client-credentials',
    azp: process.env.TS_MACHINE_CLIENT_ID,
  });
  const project = sql(
    'SELECT code FROM project WHERE state = 0 AND starts_on IS NULL AND ends_on IS NULL LIMIT 1',
  )[0][0];
  const run = Date.now();
  const rows = [];
  for (const mode of ['partial', 'atomic']) {
    const before = cpu();
    const started = performance.now();
    const hwm = peak();
    let stored = 0;
    for (let part = 0; part < 10; part++) {
      const body = Array.from({ length: 10000 }, (_, i) => {
        const n = part * 10000 + i;
        const date = iso(
          Date.UTC(2003, 0, 1) + (mode === 'atomic' ? 4000 : 0) * DAY + Math.floor(n / people.length) * DAY,
        );
        return JSON.stringify({
          user_id: people[n % people.length].user,
          external_id: `${mode}-${run}-${n}`,
          date,
          project,
          minutes: 30,
          note: 'from the tool',
        });
      }).join('\n');
      const reply = await client.request('POST', `/api/timesheets/upload?mode=${mode}`, {
        token: machine,
        body,
        headers: { 'content-type': 'application/x-ndjson' },
      });
      if (reply.status !== 201) throw new Error(`${reply.status} ${reply.text.slice(0, 500)}`);
      stored += JSON.parse(reply.text).created;
    }
    const took = (performance.now() - started) / 1000;
    const after = cpu();
    rows.push([
      `${mode}, 10 uploads of 10,000 rows`,
      stored,
      (stored / took).toFixed(0),
      (((after.app - before.app) / stored) * 1e6).toFixed(0),
      (((after.db - before.db) / stored) * 1e6).toFixed(0),
      (hwm / 1024).toFixed(1),
      (peak() / 1024).toFixed(1),
    ]);
  }
  client.close();
  console.log('\nUploads (CPU in µs a row; peak resident memory of the largest worker, before and after, in MB)');
  console.log(table(['', 'stored', 'rows/s', 'workers', 'database', 'before', 'after'], rows));
}

console.log(
  `${sql('SELECT COUNT(*) FROM entry')[0][0]} entries, ${sql('SELECT COUNT(*) FROM person')[0][0]} people, latest ${latest}`,
);
await measureReads();
await measureReports();
await measureWrites();
await measureUploads();

#!/usr/bin/env node
// Fills a local stack with a company at work, through the API itself, so that every row has its
// audit event. Running it again only adds what is not there yet. Settings come from the stack's
// environment: TS_URL, TS_TENANT_URL (NODE_EXTRA_CA_CERTS names its certificate authority).
import { CONTRACTORS, dice, fateOf, MANAGERS, PEOPLE, PROJECTS, REASONS, weekOf } from './company.mjs';

const WEEKS = 9; // the current one and eight before it
const DAY = 86400000;
const LOGINS = { employee: 'RAIL-7', contractor: 'StoreZero', manager: 'INTERNAL' };
const NAMESPACE = 'https://timesheets.abc-inc.example/';

const { TS_URL: api, TS_TENANT_URL: tenant } = process.env;
if (!api || !tenant) {
  console.error('demo: run scripts/stack up --demo full, which calls this with the addresses it needs');
  process.exit(2);
}

const iso = (ms) => new Date(ms).toISOString().slice(0, 10);

async function ask(method, path, { token, body, etag, type = 'application/json', expect = [200, 201, 204] } = {}) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (etag) headers['If-Match'] = etag;
  if (body !== undefined) headers['Content-Type'] = type;
  const reply = await fetch(path.startsWith('http') ? path : `${api}/api${path}`, {
    method,
    headers,
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await reply.text();
  if (!expect.includes(reply.status)) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
  const json = text && /json/.test(reply.headers.get('content-type')) ? JSON.parse(text) : null;
  return { status: reply.status, etag: reply.headers.get('etag'), json };
}

const hook = async (path, body) => (await ask('POST', `${tenant}${path}`, { body })).json.access_token;

const slug = (name) =>
  name
    .normalize('NFD')
    .replace(/[^A-Za-z ]/g, '')
    .toLowerCase()
    .replace(/ /g, '.');

/** A token for somebody who is no demo login. */
async function tokenOf(who, as) {
  const email =
    who.kind === 'contractor' ? `${slug(who.name)}@contractors.example` : `${slug(who.name)}@abc-inc.example`;
  return hook('/dev/mint', {
    as,
    payload: {
      sub: `demo|${slug(who.name)}`,
      [`${NAMESPACE}email`]: email,
      [`${NAMESPACE}email_verified`]: true,
      [`${NAMESPACE}name`]: who.name,
      [`${NAMESPACE}kind`]: who.kind ?? 'employee',
      email,
      email_verified: true,
      name: who.name,
    },
  });
}

const isoWeek = (monday) => {
  const thursday = new Date(monday + 3 * DAY);
  const year = thursday.getUTCFullYear();
  const first = Date.UTC(year, 0, 4);
  const firstMonday = first - ((new Date(first).getUTCDay() + 6) % 7) * DAY;
  return `${year}-W${String(1 + Math.round((monday - firstMonday) / (7 * DAY))).padStart(2, '0')}`;
};

async function fillWeek(who, monday, ago) {
  const week = isoWeek(monday);
  const fate = who.fates?.[ago] ?? fateOf(who, ago);
  const path = `/weeks/${week}`;
  const before = await ask('GET', path, { token: who.token });
  if (fate === 'missing' || before.json.version > 0) return;
  const days = ago === 0 ? who.today : 5;
  const entries = weekOf(who, week, days).map(({ day, ...line }) => ({ date: iso(monday + day * DAY), ...line }));
  if (entries.length === 0) return;
  let sheet = await ask('PUT', path, { token: who.token, etag: before.etag, body: { entries } });
  if (fate === 'open') return;
  sheet = await ask('PUT', `${path}/submission`, { token: who.token, etag: sheet.etag });
  if (fate === 'submitted') return;
  const body =
    fate === 'approved'
      ? { decision: 'approved' }
      : { decision: 'rejected', reason: REASONS[dice(who.name + week)(REASONS.length)] };
  await ask('PUT', `/people/${who.id}/weeks/${week}/decision`, { token: who.decider, etag: sheet.etag, body });
}

/** Known from their first day on, so that weeks they have left out count as missing. */
async function introduce(who, since, admin) {
  const me = await ask('GET', '/me', { token: who.token });
  who.id = me.json.person_id;
  const row = await ask('GET', `/people/${who.id}`, { token: admin });
  if (row.json.active_from === null)
    await ask('PATCH', `/people/${who.id}`, { token: admin, etag: row.etag, body: { active_from: since } });
}

/** Some at a time: the stack has a few workers only. */
async function each(list, run) {
  const waiting = [...list];
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (let item = waiting.shift(); item; item = waiting.shift()) await run(item);
    }),
  );
}

async function uploadContractors(mondays, admin) {
  const machine = await hook('/dev/token', { as: 'machine' });
  for (const who of CONTRACTORS) {
    await ask('POST', '/people', {
      token: admin,
      body: { name: who.name, kind: 'contractor', employee_number: who.number, active_from: iso(mondays.at(-1)) },
      expect: [201, 409],
    });
  }
  const rows = CONTRACTORS.flatMap((who) =>
    mondays.slice(1).flatMap((monday) =>
      weekOf(who, isoWeek(monday)).map(({ day, project, minutes, note }, i) => ({
        user_id: who.number,
        external_id: `${who.number}-${isoWeek(monday)}-${i}`,
        date: iso(monday + day * DAY),
        project: project === 'HOLIDAY' || project === 'INTERNAL' ? who.projects[0] : project,
        minutes,
        note,
      })),
    ),
  );
  await ask('POST', '/timesheets/upload', { token: machine, body: rows });
}

async function main() {
  const today = (await ask('GET', '/me', { token: await hook('/dev/token', { as: 'admin' }) })).json.today;
  const now = Date.parse(today);
  const weekday = (new Date(now).getUTCDay() + 6) % 7;
  const mondays = Array.from({ length: WEEKS }, (_, ago) => now - (weekday + 7 * ago) * DAY);
  const admin = await hook('/dev/token', { as: 'admin' });

  for (const project of PROJECTS) await ask('POST', '/projects', { token: admin, body: project, expect: [201, 409] });

  const managers = {};
  for (const [team, who] of Object.entries(MANAGERS))
    managers[team] = { ...who, kind: 'employee', token: await tokenOf(who, 'manager') };
  const maria = await hook('/dev/token', { as: 'manager' });
  const everybody = [];
  for (const who of PEOPLE)
    everybody.push({ ...who, token: await tokenOf(who, 'employee'), decider: managers[who.team].token });
  for (const [team, who] of Object.entries(managers)) everybody.push({ ...who, team, decider: maria });
  // Whoever tries the demo finds a past to look at and an empty week to fill in.
  for (const [as, project] of Object.entries(LOGINS)) {
    everybody.push({
      name: as,
      projects: [project, 'INTERNAL'],
      token: await hook('/dev/token', { as }),
      decider: as === 'manager' ? managers.finance.token : maria,
      fates: ['missing', as === 'employee' ? 'rejected' : 'submitted', as === 'contractor' ? 'missing' : 'approved'],
    });
  }
  for (const who of everybody) who.today = Math.min(5, weekday + (dice(who.name)(3) === 0 ? 0 : 1));

  await each(everybody, (who) => introduce(who, iso(mondays.at(-1)), admin));
  await each(everybody, async (who) => {
    for (let ago = WEEKS - 1; ago >= 0; ago -= 1) await fillWeek(who, mondays[ago], ago);
  });
  await uploadContractors(mondays, admin);
}

try {
  await main();
} catch (error) {
  console.error(`demo: ${error.message}`);
  process.exit(1);
}

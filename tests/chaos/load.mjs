// Keyed writes that are repeated until they are acknowledged, a lane of forged tokens beside them, and
// afterwards a comparison with the database: was everything acknowledged stored, and stored once?

import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, day, entryBody } from '../bench/lib/client.mjs';
import { minter } from '../bench/lib/tokens.mjs';

const RETRY_MS = 40;
const GIVE_UP_MS = 60000;
const PEOPLE = 40;

export function sql(text) {
  const env = process.env;
  return execFileSync(
    'mariadb',
    [
      '--no-defaults',
      '--protocol=socket',
      `--socket=${env.TS_DB_SOCKET}`,
      `--user=${env.TS_DB_ROOT_USER}`,
      '--batch',
      '--skip-column-names',
      env.TS_DB_NAME,
    ],
    { input: text, encoding: 'utf8', maxBuffer: 1 << 28 },
  )
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t'));
}

export class Load {
  constructor({ lanes = 16, intruder = true } = {}) {
    this.name = `chaos-${crypto.randomBytes(6).toString('hex')}`;
    this.client = new Client({ connections: lanes + 8 });
    this.lanes = lanes;
    this.intruder = intruder;
    const mint = minter();
    this.people = Array.from({ length: PEOPLE }, (_, i) => mint(`auth0|${this.name}-${i}`));
    this.forged = this.#forgeries(mint);
    this.acknowledged = new Map(); // key -> id
    this.undecided = new Set(); // keys that were given up
    this.times = []; // milliseconds a write took, with its repeats
    this.tries = 0;
    this.failures = new Map(); // what a try came to -> how often
    this.breaches = [];
    this.refusals = 0;
    this.answers = []; // [when, status or 0, milliseconds] of every try
    this.acks = []; // when something was acknowledged
    this.sent = 0;
  }

  #forgeries(mint) {
    const other = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const sub = `auth0|${this.name}-intruder`;
    const none = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${mint(sub).split('.')[1]}.`;
    return [
      undefined,
      'abc.def.ghi',
      none,
      mint(sub, { signer: other }),
      mint(sub, { iat: 1000, exp: 2000 }),
      mint(sub, { aud: 'https://elsewhere.example/' }),
      mint(sub, { scope: 'read:timesheets' }),
    ];
  }

  start() {
    this.running = true;
    this.begun = performance.now();
    this.done = Promise.all([
      ...Array.from({ length: this.lanes }, () => this.#lane()),
      ...(this.intruder ? [this.#intruderLane()] : []),
    ]);
  }

  async stop() {
    this.running = false;
    await this.done;
    this.ended = performance.now();
    this.client.close();
  }

  async #lane() {
    while (this.running) await this.#write(this.sent++);
  }

  async #write(n) {
    const key = `${this.name}-${String(n).padStart(8, '0')}`;
    const options = { token: this.people[n % PEOPLE], body: entryBody(day(n)), headers: { 'idempotency-key': key } };
    const begun = performance.now();
    for (;;) {
      const from = performance.now();
      let status = 0;
      let what = '';
      this.tries++;
      try {
        const reply = await this.client.request('POST', '/api/timesheets', options);
        status = reply.status;
        if (status === 201) {
          const now = performance.now();
          this.acknowledged.set(key, JSON.parse(reply.text).id);
          this.times.push(now - begun);
          this.acks.push(now);
          this.answers.push([from, status, now - from]);
          return;
        }
        what = `status ${status}${status < 500 ? `: ${reply.text.slice(0, 160)}` : ''}`;
      } catch (error) {
        what = error.code ?? error.message;
      }
      this.answers.push([from, status, performance.now() - from]);
      this.failures.set(what, (this.failures.get(what) ?? 0) + 1);
      if (performance.now() - begun > GIVE_UP_MS || (status >= 400 && status < 500 && status !== 429)) {
        this.undecided.add(key);
        return;
      }
      await sleep(RETRY_MS);
    }
  }

  // Whatever else is broken, nobody gets in without a token and a scope.
  async #intruderLane() {
    for (let n = 0; this.running; n++) {
      const token = this.forged[n % this.forged.length];
      const post = n % 2 === 0 || token === this.forged.at(-1);
      try {
        const reply = await this.client.request(post ? 'POST' : 'GET', '/api/timesheets', {
          token,
          ...(post ? { body: entryBody('2026-01-05') } : {}),
        });
        if (reply.status < 400)
          this.breaches.push(`${post ? 'POST' : 'GET'} with forgery ${n % this.forged.length}: ${reply.status}`);
        this.refusals++;
      } catch {
        this.refusals++;
      }
      await sleep(20);
    }
  }

  // The longest time without an acknowledgement, in milliseconds.
  gap(from = this.begun, to = this.ended) {
    const marks = [from, ...this.acks.filter((when) => when > from && when < to).sort((a, b) => a - b), to];
    return Math.max(...marks.slice(1).map((when, i) => when - marks[i]));
  }

  failed() {
    return [...this.failures.values()].reduce((sum, n) => sum + n, 0);
  }

  // Compares with the database. The week rows and the audit trail must agree with the entries, too.
  audit() {
    const mine = `SELECT id FROM person WHERE sub LIKE 'auth0|${this.name}-%'`;
    const entries = new Set(sql(`SELECT id FROM entry WHERE person_id IN (${mine})`).map(([id]) => id));
    const events = sql(
      `SELECT ikey, entry_id FROM event WHERE person_id IN (${mine}) AND entry_id IS NOT NULL AND action = 1`,
    );
    const stored = new Map(events);
    let lost = 0;
    for (const [key, id] of this.acknowledged) {
      if (stored.get(key) !== String(id) || !entries.has(String(id))) lost++;
    }
    const known = new Set([...this.acknowledged.keys(), ...this.undecided]);
    const strange = events.filter(([key]) => !known.has(key)).length;
    const weeks = sql(`SELECT COUNT(*) FROM (
      SELECT person_id, CAST(YEARWEEK(work_date, 3) AS UNSIGNED) AS week, SUM(minutes) AS minutes, COUNT(*) AS entries
      FROM entry WHERE person_id IN (${mine}) GROUP BY 1, 2) e
      LEFT JOIN week w USING (person_id, week)
      WHERE w.week IS NULL OR e.minutes <> w.d1 + w.d2 + w.d3 + w.d4 + w.d5 + w.d6 + w.d7
        OR e.entries <> w.n_draft + w.n_submitted + w.n_approved + w.n_rejected OR e.entries <> w.seq`)[0][0];
    const intruder = sql(
      `SELECT COUNT(*) FROM entry e JOIN person p ON p.id = e.person_id WHERE p.sub = 'auth0|${this.name}-intruder'`,
    )[0][0];
    return {
      lost,
      // More entries than keys, or than events: something was stored twice.
      duplicates: entries.size - stored.size + (events.length - stored.size) + strange,
      disagreeing: Number(weeks),
      unauthorised: this.breaches.length + Number(intruder),
    };
  }
}

// Load that remembers what was acknowledged, and the proof that just that is stored.
import assert from 'node:assert/strict';
import { checkBooks } from './audit.mjs';
import { LIST, newKey, newPerson, work } from './caller.mjs';
import { personIdOf, query } from './database.mjs';
import { addDays } from './dates.mjs';

const DAYS = 250;

/** One request after the other until told to stop, on `width` lanes; request(lane, n) gives the reply, or throws. */
export class Load {
  constructor() {
    this.running = true;
    this.served = [];
    this.failures = [];
    this.lastServed = performance.now();
    this.longestGapMs = 0;
    this.lanes = [];
  }

  /** expected: the status that counts as served. */
  add(width, expected, request) {
    for (let lane = 0; lane < width; lane++) this.lanes.push(this.#lane(expected, request, lane));
    return this;
  }

  async #lane(expected, request, lane) {
    for (let n = 0; this.running; n++) {
      let outcome;
      try {
        const reply = await request(lane, n);
        if (reply.status === expected) {
          this.#note();
          this.served.push(reply);
          continue;
        }
        outcome = `${reply.request}: ${reply.status} ${reply.text.slice(0, 300)}`;
      } catch (error) {
        outcome = `${error.code ?? ''} ${error.message}`;
      }
      this.failures.push(outcome);
    }
  }

  #note() {
    const now = performance.now();
    this.longestGapMs = Math.max(this.longestGapMs, now - this.lastServed);
    this.lastServed = now;
  }

  async stop() {
    this.running = false;
    await Promise.all(this.lanes);
    return this;
  }

  expectNoFailure() {
    assert.deepEqual(
      this.failures.slice(0, 5),
      [],
      `${this.failures.length} of ${this.failures.length + this.served.length} requests failed`,
    );
    assert.ok(this.served.length > 50, `only ${this.served.length} requests were served`);
  }
}

/** Somebody who adds one-minute entries and remembers those that were acknowledged. */
export class Writer {
  static async make() {
    const writer = new Writer();
    writer.person = await newPerson();
    writer.acknowledged = new Map(); // id of the entry -> its note
    writer.count = 0;
    return writer;
  }

  #body() {
    const n = this.count++;
    return work({ date: addDays('2015-01-05', n % DAYS), minutes: 1, note: `n${n}` });
  }

  async #post(body, options) {
    const reply = await this.person.post(body, options);
    if (reply.status === 201) this.acknowledged.set(reply.json.id, body.note);
    return reply;
  }

  /** One keyed request, sent once. */
  once(options) {
    return this.#post(this.#body(), { key: newKey(), ...options });
  }

  /** One request without a key, sent once. */
  unkeyed() {
    return this.#post(this.#body());
  }

  /** One keyed request, sent again under its key until it is stored, as our clients do. */
  async stubborn({ deadlineMs = 30_000 } = {}) {
    const body = this.#body();
    const key = newKey();
    const started = performance.now();
    for (;;) {
      const reply = await this.#post(body, { key }).catch(() => undefined);
      const final = reply && ![502, 503, 504].includes(reply.status);
      if (final || performance.now() - started > deadlineMs) return reply ?? Promise.reject(new Error('no answer'));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  read() {
    return this.person.get(`${LIST}?limit=5`);
  }

  /** Nothing that was acknowledged is lost, nothing is there twice, and the books are right. */
  async expectExactlyOnce() {
    const rows = await query('SELECT id, note FROM entry WHERE person_id = ?', await personIdOf(this.person));
    const stored = new Map(rows.map(({ id, note }) => [id, note]));
    for (const [id, note] of this.acknowledged) assert.equal(stored.get(id), note, `entry ${id} is lost`);
    assert.equal(new Set(stored.values()).size, stored.size, 'an entry is there twice');
    assert.equal(stored.size, this.acknowledged.size, 'as many are stored as were acknowledged');
    await checkBooks(this.person);
  }
}

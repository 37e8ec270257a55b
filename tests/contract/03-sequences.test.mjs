// Sequences of requests on one person's week, beside a model of what must come of them.
import assert from 'node:assert/strict';
import { before, describe } from 'node:test';
import fc from 'fast-check';
import { LIST, newKey, newManager, newPerson } from '../integration/lib/caller.mjs';
import { addDays } from '../integration/lib/dates.mjs';
import { ask, property } from './lib/fuzz.mjs';
import { WeekModel } from './lib/model.mjs';

const MONDAY = '2019-06-03';
const WEEK = '2019-W23';
const PROJECTS = ['StoreZero', 'INTERNAL'];
const RUNS = 0.01; // of all requests: a run makes many

let manager;
before(async () => {
  manager = await newManager();
});

// --- steps ---------------------------------------------------------------------------------------------
// Few days and few durations, so that steps meet each other.
const work = fc.record({
  date: fc.integer({ min: 0, max: 2 }).map((day) => addDays(MONDAY, day)),
  minutes: fc.constantFrom(1, 60, 480, 780, 1440),
  project: fc.constantFrom(...PROJECTS),
  note: fc.constantFrom('', 'note', 'änders 🦊'),
});
const some = fc.nat({ max: 30 }); // which entry, counted round
const change = fc.record(
  {
    date: fc.integer({ min: 0, max: 2 }).map((day) => addDays(MONDAY, day)),
    minutes: fc.constantFrom(1, 60, 600, 1440),
    note: fc.constantFrom('', 'other'),
  },
  { requiredKeys: [] },
);
const reason = fc.constantFrom('Which part?', 'Bitte prüfen 🦊');
const item = fc.oneof(
  fc.record({ pick: some, change }),
  fc.record({ pick: some, change: fc.constant({}) }),
  fc.record({ pick: some, delete: fc.constant(true) }),
  fc.record({ made: work }),
);

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('post'),
      entry: work,
      status: fc.constantFrom('draft', 'submitted', undefined),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('patch'), pick: some, change, stale: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove'), pick: some, stale: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('save'), items: fc.array(item, { maxLength: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('submit') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('withdraw') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('decideEntry'), pick: some, approves: fc.boolean(), reason }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('decideWeek'),
      decision: fc.constantFrom('approved', 'rejected', 'reopened'),
      reason,
      stale: fc.boolean(),
    }),
  },
);
const steps = fc.array(fc.record({ step, twice: fc.boolean() }), { minLength: 2, maxLength: 16, size: 'max' });

// --- running them -----------------------------------------------------------------------------------------
class Run {
  static async make() {
    const run = new Run();
    run.person = await newPerson();
    run.id = (await run.person.get('/api/me')).json.person_id;
    run.model = new WeekModel();
    return run;
  }

  pick(n) {
    return [...this.model.entries.keys()][n % this.model.entries.size];
  }

  get tag() {
    return `"w${this.model.version}"`;
  }

  async send(method, path, { json, tag, who = this.person } = {}) {
    this.key = newKey();
    const headers = { Authorization: `Bearer ${who.token}`, 'Idempotency-Key': this.key };
    if (json !== undefined) headers['Content-Type'] = 'application/json';
    if (tag !== undefined) headers['If-Match'] = tag;
    this.again = () => ask(method, path, { headers, body: json === undefined ? undefined : JSON.stringify(json) });
    return this.again();
  }

  /** The answer is the one that the model gives. */
  static check(reply, { status, problem }) {
    assert.equal(reply.status, status, `${reply.request}: ${reply.text}`);
    if (problem) assert.equal(reply.json.type, `/api/docs#${problem}`, reply.text);
  }

  async post({ entry, status }) {
    const reply = await this.send('POST', LIST, { json: { ...entry, status } });
    const outcome = this.model.post({ ...entry, status: status ?? 'submitted' });
    Run.check(reply, outcome);
    if (outcome.made) this.model.entries.set(reply.json.id, outcome.made);
    return reply;
  }

  async patch({ pick, change: json, stale }) {
    if (this.model.entries.size === 0) return undefined;
    const id = this.pick(pick);
    const tag = stale ? '"e9999"' : `"e${this.model.entries.get(id).version}"`;
    const reply = await this.send('PATCH', `${LIST}/${id}`, { json, tag });
    Run.check(reply, stale ? { status: 412, problem: 'version-mismatch' } : this.model.patch(id, json));
    return reply;
  }

  async remove({ pick, stale }) {
    if (this.model.entries.size === 0) return undefined;
    const id = this.pick(pick);
    const tag = stale ? '"e9999"' : `"e${this.model.entries.get(id).version}"`;
    const reply = await this.send('DELETE', `${LIST}/${id}`, { tag });
    Run.check(reply, stale ? { status: 412, problem: 'version-mismatch' } : this.model.remove(id));
    return reply;
  }

  /** Each entry is named once. */
  #items(items) {
    const named = new Set();
    const list = [];
    for (const { pick, ...rest } of items) {
      if (rest.made) {
        list.push({ made: { ...rest.made } });
      } else if (this.model.entries.size > 0 && !named.has(this.pick(pick))) {
        named.add(this.pick(pick));
        list.push({ id: this.pick(pick), ...rest });
      }
    }
    return list;
  }

  async save({ items }) {
    const list = this.#items(items);
    const content = ({ date, minutes, project, note }) => ({ date, minutes, project, note });
    const entries = list.map(({ id, change: more, made, delete: gone }) => {
      if (made) return made;
      return gone ? { id, delete: true } : { id, ...content({ ...this.model.entries.get(id), ...more }) };
    });
    const reply = await this.send('PUT', `/api/weeks/${WEEK}`, { json: { entries }, tag: this.tag });
    const known = new Set(this.model.entries.keys());
    Run.check(reply, this.model.save(list));
    if (reply.status === 200) this.#learn(reply.json.entries, known);
    return reply;
  }

  /** The ids of what was made, by its content. */
  #learn(shown, known) {
    const fresh = shown.filter(({ id }) => !known.has(id));
    for (const [key, entry] of [...this.model.entries]) {
      if (typeof key === 'number') continue;
      const same = (candidate) =>
        ['date', 'minutes', 'project', 'note'].every((name) => candidate[name] === entry[name]);
      const at = fresh.findIndex(same);
      assert.ok(at >= 0, `${JSON.stringify(entry)} was not made`);
      const [{ id }] = fresh.splice(at, 1);
      this.model.entries.delete(key);
      this.model.entries.set(id, entry);
    }
    assert.equal(fresh.length, 0, 'more was made than was asked for');
  }

  async submit() {
    const reply = await this.send('PUT', `/api/weeks/${WEEK}/submission`, { tag: this.tag });
    Run.check(reply, this.model.submit());
    return reply;
  }

  async withdraw() {
    const reply = await this.send('DELETE', `/api/weeks/${WEEK}/submission`, { tag: this.tag });
    Run.check(reply, this.model.withdraw());
    return reply;
  }

  async decideEntry({ pick, approves, reason: why }) {
    if (this.model.entries.size === 0) return undefined;
    const id = this.pick(pick);
    const json = approves ? {} : { status: 'rejected', reason: why };
    const reply = await this.send('PUT', `/api/approvals/${id}`, { json, who: manager });
    Run.check(reply, this.model.decideEntry(id, approves, why));
    return reply;
  }

  async decideWeek({ decision, reason: why, stale }) {
    const json = { decision, ...(decision !== 'approved' && { reason: why }) };
    const tag = stale ? '"w9999"' : this.tag;
    const reply = await this.send('PUT', `/api/people/${this.id}/weeks/${WEEK}/decision`, { json, tag, who: manager });
    Run.check(reply, stale ? { status: 412, problem: 'version-mismatch' } : this.model.decideWeek(decision, why));
    return reply;
  }

  /** What is stored is what the model has, as its owner and as the manager sees it. */
  async checkWeek() {
    const { json: week } = await ask('GET', `/api/weeks/${WEEK}`, {
      headers: { Authorization: `Bearer ${this.person.token}` },
    });
    const shape = ({ date, minutes, project, note, status, reason: why, version }) => ({
      date,
      minutes,
      project,
      note,
      status,
      reason: why,
      version,
    });
    const shown = Object.fromEntries(week.entries.map((entry) => [entry.id, shape(entry)]));
    const expected = Object.fromEntries([...this.model.entries].map(([id, entry]) => [id, shape(entry)]));
    assert.deepEqual(shown, expected);
    assert.equal(week.state, this.model.state);
    assert.equal(week.version, this.model.version, 'the version rises by one with each change');
    assert.equal(
      week.minutes,
      this.model.list().reduce((sum, { minutes }) => sum + minutes, 0),
    );
    for (const { date, minutes } of week.days) assert.equal(minutes, this.model.minutesOn(date), date);
    const { json: seen } = await ask('GET', `/api/people/${this.id}/weeks/${WEEK}`, {
      headers: { Authorization: `Bearer ${manager.token}` },
    });
    const others = this.model.list().filter(({ status }) => status !== 'draft');
    assert.equal(seen.entries.length, others.length, 'drafts are their owner’s alone');
    assert.equal(seen.version, this.model.version);
  }
}

describe('what was asked for is what is stored, whatever the order', () => {
  property('a week, its owner and its manager', RUNS, steps, async (list) => {
    const run = await Run.make();
    for (const { step: one, twice } of list) {
      const reply = await run[one.do](one);
      if (reply && twice && reply.status < 300) {
        const again = await run.again();
        assert.equal(again.status, reply.status, `the repetition: ${again.text}`);
        assert.equal(again.text, reply.text, 'the repetition has another answer');
      }
      await run.checkWeek();
    }
  });
});

// A person's week as it must be after any sequence of requests: design section 4 written a second time, by itself.
export const DAY_MINUTES = 1440;

// What comes of an operation by the status before; a text with "!" is a refusal.
const EDIT = { draft: 'draft', submitted: 'submitted', approved: '!approved', rejected: 'draft' };
const SUBMIT = { draft: 'submitted', submitted: 'submitted', approved: 'approved', rejected: 'submitted' };
const WITHDRAW = { draft: 'draft', submitted: 'draft', approved: 'approved', rejected: 'rejected' };
const APPROVE = { submitted: 'approved', approved: 'approved', rejected: '!not-submitted' };
const REJECT = { submitted: 'rejected', approved: '!approved', rejected: 'rejected' };

const REFUSED = { approved: 409, 'not-submitted': 409, 'day-over-24h': 422 };
const refused = (problem) => ({ status: REFUSED[problem], problem });
const done = (status = 200) => ({ status });

export class WeekModel {
  constructor() {
    this.entries = new Map(); // id -> { date, minutes, project, note, status, reason, version }
    this.version = 0;
    this.said = 'draft'; // of the week while it has no entries; draft = nothing
    this.saidReason = null;
  }

  list() {
    return [...this.entries.values()];
  }

  get state() {
    const statuses = new Set(this.list().map(({ status }) => status));
    if (statuses.has('rejected')) return 'rejected';
    if (statuses.has('draft')) return 'open';
    if (statuses.has('submitted')) return 'submitted';
    if (statuses.has('approved')) return 'approved';
    return this.said === 'draft' ? 'open' : this.said;
  }

  minutesOn(date, except) {
    return this.list()
      .filter((entry) => entry.date === date && entry !== except)
      .reduce((sum, { minutes }) => sum + minutes, 0);
  }

  post(entry) {
    if (this.minutesOn(entry.date) + entry.minutes > DAY_MINUTES) return refused('day-over-24h');
    this.version++;
    return { status: 201, made: { reason: null, version: 1, ...entry } };
  }

  #edited(entry, change) {
    const next = { ...entry, ...change };
    const same = ['date', 'minutes', 'project', 'note'].every((name) => next[name] === entry[name]);
    return same ? entry : { ...next, status: EDIT[entry.status], reason: null, version: entry.version + 1 };
  }

  patch(id, change) {
    const entry = this.entries.get(id);
    if (entry.status === 'approved') return refused('approved');
    const next = this.#edited(entry, change);
    if (next === entry) return done();
    if (this.minutesOn(next.date, entry) + next.minutes > DAY_MINUTES) return refused('day-over-24h');
    this.entries.set(id, next);
    this.version++;
    return done();
  }

  remove(id) {
    if (this.entries.get(id).status === 'approved') return refused('approved');
    this.entries.delete(id);
    this.version++;
    return done(204);
  }

  /** items: { id, change }, { id, delete: true } or { made }. Ids of what is made are the caller's to fill in. */
  save(items) {
    const next = new Map(this.entries);
    let touched = false;
    let approved = false;
    for (const { id, change, made, delete: gone } of items) {
      const entry = this.entries.get(id);
      if (made) {
        next.set(made, { ...made, status: 'draft', reason: null, version: 1 });
        touched = true;
        continue;
      }
      const after = gone ? undefined : this.#edited(entry, change);
      if (after === entry) continue;
      touched = true;
      approved ||= entry.status === 'approved';
      if (gone) next.delete(id);
      else next.set(id, after);
    }
    const days = {};
    for (const { date, minutes } of next.values()) days[date] = (days[date] ?? 0) + minutes;
    if (Object.values(days).some((minutes) => minutes > DAY_MINUTES)) return refused('day-over-24h');
    if (approved) return refused('approved');
    this.entries = next;
    if (touched) this.version++;
    return done();
  }

  #each(table, reason) {
    let touched = false;
    for (const [id, entry] of this.entries) {
      const status = table[entry.status];
      if (status === undefined || status === entry.status) continue;
      this.entries.set(id, { ...entry, status, reason, version: entry.version + 1 });
      touched = true;
    }
    if (this.entries.size === 0 && table[this.said] !== undefined && table[this.said] !== this.said) {
      this.said = table[this.said];
      this.saidReason = reason;
      touched = true;
    }
    if (touched) this.version++;
    return done();
  }

  submit() {
    return this.#each(SUBMIT, null);
  }

  withdraw() {
    const reason = this.said === 'rejected' ? this.saidReason : null;
    const outcome = this.#each({ submitted: WITHDRAW.submitted }, null);
    if (this.said === 'rejected') this.saidReason = reason;
    return outcome;
  }

  decideEntry(id, approves, reason) {
    const entry = this.entries.get(id);
    if (entry.status === 'draft') return { status: 404, problem: 'not-found' };
    const status = (approves ? APPROVE : REJECT)[entry.status];
    if (status.startsWith('!')) return refused(status.slice(1));
    if (status === entry.status) return done();
    this.entries.set(id, { ...entry, status, reason: approves ? null : reason, version: entry.version + 1 });
    this.version++;
    return done();
  }

  decideWeek(decision, reason) {
    if (decision === 'reopened') return this.#each({ approved: 'rejected' }, reason);
    const { state } = this;
    if (state === decision) return done();
    if (state !== 'submitted') return refused(state === 'approved' ? 'approved' : 'not-submitted');
    return this.#each({ submitted: decision }, decision === 'rejected' ? reason : null);
  }
}

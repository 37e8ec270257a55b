// Weeks: reading, saving a whole grid, submitting and withdrawing (design sections 4 and 5).
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { checkBooks, eventsOf } from './lib/audit.mjs';
import { CREATE, newKey, newManager, newPerson, READ, work } from './lib/caller.mjs';
import { expectFaults, expectNoScope, expectProblem, expectStatus, range } from './lib/check.mjs';
import { entryRow, one, personIdOf, query, setStatus, unchanged } from './lib/database.mjs';
import { addDays, isoWeek, lastAllowed, today, weekday } from './lib/dates.mjs';

const WEEKS = '/api/weeks';
const W19 = `${WEEKS}/2024-W19`;
const SUBMISSION = `${W19}/submission`;
const [MON, TUE, WED, THU, FRI, SAT, SUN] = range(7).map((day) => addDays('2024-05-06', day));
const SAVED = 10;
const SUBMITTED = 11;
const WITHDRAWN = 12;

const cell = (date, minutes = 60, more = {}) => ({ date, project: 'StoreZero', minutes, ...more });
const again = ({ id, date, project, minutes, note }, more) => ({ id, date, project, minutes, note, ...more });
const headers = (tag, key) => ({ ...(tag && { 'If-Match': tag }), ...(key && { 'Idempotency-Key': key }) });

const put = (caller, entries, tag, { path = W19, key } = {}) =>
  caller.send('PUT', path, { json: { entries }, headers: headers(tag, key) });
const submit = (caller, tag, { path = SUBMISSION, key } = {}) =>
  caller.send('PUT', path, { headers: headers(tag, key) });
const withdraw = (caller, tag, { path = SUBMISSION, key } = {}) =>
  caller.send('DELETE', path, { headers: headers(tag, key) });
const read = async (caller, path = W19) => expectStatus(await caller.get(path), 200);

/** A saved week of these cells: the reply of PUT. */
const saved = async (caller, ...cells) => expectStatus(await put(caller, cells, (await read(caller)).etag), 200);

async function weekEvents(caller, week = 202419) {
  return (await eventsOf(await personIdOf(caller))).filter((event) => event.week === week);
}
const actions = async (caller) => (await weekEvents(caller)).map(({ action }) => action);

/** Locks a person's week up to some day, as the period lock will have done it. */
const lockDays = async (caller, days) =>
  query('UPDATE week SET locked_days = ? WHERE person_id = ? AND week = 202419', days, await personIdOf(caller));
async function setActive(caller, from, to = null) {
  await caller.get('/api/me'); // a person's row is made by the first request
  await query('UPDATE person SET active_from = ?, active_to = ? WHERE id = ?', from, to, await personIdOf(caller));
}
const setEmpty = async (caller, status, reason = '') =>
  query(
    'UPDATE week SET empty_status = ?, reason = ?, version = version + 1 WHERE person_id = ? AND week = 202419',
    status,
    reason,
    await personIdOf(caller),
  );

describe('one week', () => {
  test('nothing was done in it yet: version 0, no entries, seven days', async () => {
    const ann = await newPerson();
    const reply = await read(ann);
    assert.equal(reply.etag, '"w0"');
    assert.deepEqual(reply.json, {
      version: 0,
      person_id: await personIdOf(ann),
      user_id: ann.email,
      week: '2024-W19',
      from: MON,
      to: SUN,
      state: 'open',
      reason: null,
      minutes: 0,
      hours: 0,
      draft: 0,
      submitted: 0,
      approved: 0,
      rejected: 0,
      days: range(7).map((day) => ({ date: addDays(MON, day), minutes: 0, hours: 0 })),
      projects: [],
      warnings: [],
      entries: [],
    });
  });

  test('entries by date and id, totals per day and project; the entries are those of /timesheets', async () => {
    const ann = await newPerson();
    await ann.post(work({ date: WED, minutes: 20, note: 'second' }));
    await ann.post(work({ date: MON, minutes: 50, project: 'INTERNAL', status: 'draft' }));
    await ann.post(work({ date: WED, minutes: 30, project: 'INTERNAL' }));
    await ann.post(work({ date: addDays(MON, -1), minutes: 1 }));
    await ann.post(work({ date: addDays(SUN, 1), minutes: 1 }));
    const { json: week, etag } = await read(ann);
    assert.equal(etag, '"w3"');
    assert.deepEqual(
      week.entries.map(({ date, minutes }) => [date, minutes]),
      [
        [MON, 50],
        [WED, 20],
        [WED, 30],
      ],
    );
    assert.deepEqual(
      week.days.map(({ minutes }) => minutes),
      [50, 0, 50, 0, 0, 0, 0],
    );
    assert.deepEqual(week.projects, [
      { project: 'INTERNAL', minutes: 80, hours: 1.3333 },
      { project: 'StoreZero', minutes: 20, hours: 0.3333 },
    ]);
    assert.deepEqual([week.minutes, week.draft, week.submitted, week.state], [100, 1, 2, 'open']);
    const { json: list } = await ann.get('/api/timesheets?week=2024-W19');
    assert.deepEqual(list.reverse(), week.entries);
  });

  test('rule 4: 2027-01-01 is in 2026-W53; a week that does not exist is 404', async () => {
    const ann = await newPerson();
    const { json: week } = await read(ann, `${WEEKS}/2026-W53`);
    assert.deepEqual([week.from, week.to], ['2026-12-28', '2027-01-03']);
    for (const name of ['2025-W53', '2024-W00', '2024-W54', '2024W19', '2024-w19', '2024-W1', '0000-W01', 'x'])
      expectProblem(await ann.get(`${WEEKS}/${name}`), 404, 'not-found');
    for (const name of ['0001-W01', '1999-W52', '9998-W52']) await read(ann, `${WEEKS}/${name}`);
  });

  test('If-None-Match: 304 while the version is the same', async () => {
    const ann = await newPerson();
    const { etag } = await saved(ann, cell(MON));
    const same = await ann.get(W19, { headers: { 'If-None-Match': etag } });
    assert.deepEqual([same.status, same.text, same.etag], [304, '', etag]);
    await ann.post(work({ date: TUE }));
    expectStatus(await ann.get(W19, { headers: { 'If-None-Match': etag } }), 200);
  });

  test('the state of an untouched week changes with the days, so that it never gets a 304', async () => {
    const ann = await newPerson();
    const { etag, json } = await read(ann);
    assert.equal(json.state, 'open');
    await setActive(ann, '2024-01-01');
    const late = expectStatus(await ann.get(W19, { headers: { 'If-None-Match': etag } }), 200);
    assert.deepEqual([late.json.state, late.etag], ['missing', '"w0"']);
  });

  test('rule 11: warnings for 10 hours a day, 48 a week, a weekend and a line that is there twice', async () => {
    const ann = await newPerson();
    const twice = cell(MON, 30, { note: 'same' });
    const { json: week } = await saved(
      ann,
      twice,
      cell(MON, 541),
      cell(MON, 30, { note: 'same', project: 'INTERNAL' }),
      { ...twice, minutes: 29 },
      ...[TUE, WED, THU, FRI].map((date) => cell(date, 600)),
      cell(SAT, 1),
    );
    assert.deepEqual(week.warnings, [
      { code: 'week-over-48h', date: null, project: null, minutes: 3031 },
      { code: 'day-over-10h', date: MON, project: null, minutes: 630 },
      { code: 'weekend', date: SAT, project: null, minutes: 1 },
      { code: 'duplicate', date: MON, project: 'StoreZero', minutes: 59 },
    ]);
  });

  test('a scope is needed', async () => {
    const reader = await newPerson({ scopes: [READ] });
    const writer = await newPerson({ scopes: [CREATE] });
    expectNoScope(await writer.get(W19), READ);
    expectNoScope(await writer.get(WEEKS), READ);
    expectNoScope(await put(reader, [], '"w0"'), CREATE);
    expectNoScope(await submit(reader, '"w0"'), CREATE);
    expectNoScope(await withdraw(reader, '"w0"'), CREATE);
  });
});

describe('the list of weeks', () => {
  const thisMonday = addDays(today(), -weekday(today()));
  const monday = (weeks) => addDays(thisMonday, 7 * weeks);
  const name = (weeks) => isoWeek(monday(weeks));
  const states = (reply) => expectStatus(reply, 200).json.map(({ week, state }) => `${week} ${state}`);

  test('somebody new: the current week, and what was filled in', async () => {
    const ann = await newPerson();
    assert.deepEqual(states(await ann.get(WEEKS)), [`${name(0)} open`]);
    await ann.post(work({ date: monday(-3), minutes: 30 }));
    await ann.post(work({ date: addDays(monday(2), 3), status: 'draft' }));
    const { json } = await ann.get(WEEKS);
    assert.deepEqual(
      json.map(({ week, state, minutes }) => [week, state, minutes]),
      [
        [name(2), 'open', 60],
        [name(0), 'open', 0],
        [name(-3), 'submitted', 30],
      ],
    );
    assert.deepEqual(json[2], {
      week: name(-3),
      from: monday(-3),
      to: addDays(monday(-3), 6),
      state: 'submitted',
      reason: null,
      minutes: 30,
      hours: 0.5,
      entries: 1,
      draft: 0,
      submitted: 1,
      approved: 0,
      rejected: 0,
      version: 1,
    });
  });

  test('12 weeks up to the current one; those that are over and untouched are missing', async () => {
    const ann = await newPerson();
    await setActive(ann, '2020-01-01');
    await ann.post(work({ date: monday(-11) }));
    await ann.post(work({ date: monday(-12) }));
    const list = states(await ann.get(WEEKS));
    assert.equal(list.length, 12);
    assert.equal(list[0], `${name(0)} open`);
    assert.deepEqual(
      list.slice(1, 11),
      range(10).map((n) => `${name(-1 - n)} missing`),
    );
    assert.equal(list[11], `${name(-11)} submitted`);
  });

  test('missing only where the person was active, an active day being enough', async () => {
    const ann = await newPerson();
    await setActive(ann, addDays(monday(-4), 6), monday(-2));
    assert.deepEqual(
      states(await ann.get(WEEKS)),
      [-2, -3, -4].map((n) => `${name(n)} missing`),
    );
    await ann.post(work({ date: monday(-6) }));
    const { json } = await ann.get(`${WEEKS}?state=submitted`);
    assert.deepEqual(
      json.map(({ week }) => week),
      [name(-6)],
    );
  });

  test('an empty week that was submitted is submitted, one whose entries are gone is missing again', async () => {
    const ann = await newPerson();
    await setActive(ann, monday(-2));
    expectStatus(await submit(ann, '"w0"', { path: `${WEEKS}/${name(-1)}/submission` }), 200);
    const { json: entry, etag } = await ann.post(work({ date: monday(-2) }));
    expectStatus(await ann.delete(entry.id, etag), 204);
    assert.deepEqual(states(await ann.get(WEEKS)), [`${name(0)} open`, `${name(-1)} submitted`, `${name(-2)} missing`]);
  });

  test('from and to; a page at a time gives the same weeks', async () => {
    const ann = await newPerson();
    await setActive(ann, '2023-12-01');
    for (const date of ['2024-01-01', '2024-01-20', '2024-02-29']) await ann.post(work({ date }));
    const all = states(await ann.get(`${WEEKS}?from=2023-W50&to=2024-W10`));
    assert.equal(all.length, 13);
    assert.deepEqual([all[0], all[1], all[12]], ['2024-W10 missing', '2024-W09 submitted', '2023-W50 missing']);
    const pages = [];
    let next = `${WEEKS}?from=2023-W50&to=2024-W10&limit=5`;
    while (next) {
      const reply = await ann.get(next);
      pages.push(states(reply));
      next = /<([^>]+)>; rel="next"/.exec(reply.headers.link ?? '')?.[1];
    }
    assert.deepEqual(
      pages.map(({ length }) => length),
      [5, 5, 3],
    );
    assert.deepEqual(pages.flat(), all);
    assert.deepEqual(states(await ann.get(`${WEEKS}?from=2024-W10&to=2024-W09`)), []);
    assert.equal(states(await ann.get(`${WEEKS}?to=2024-W10`)).length, 12);
    assert.equal(states(await ann.get(`${WEEKS}?from=2023-W50&to=2024-W10&state=submitted`)).length, 3);
  });

  test('a page by state counts what it gives', async () => {
    const ann = await newPerson();
    await setActive(ann, '2024-01-01');
    for (const date of ['2024-01-08', '2024-01-22', '2024-02-05']) await ann.post(work({ date }));
    const first = await ann.get(`${WEEKS}?from=2024-W01&to=2024-W08&state=submitted&limit=2`);
    assert.deepEqual(states(first), ['2024-W06 submitted', '2024-W04 submitted']);
    const next = /<([^>]+)>/.exec(first.headers.link)[1];
    const last = await ann.get(next);
    assert.deepEqual(states(last), ['2024-W02 submitted']);
    assert.equal(last.headers.link, undefined);
  });

  test('422 for what is no week, no state, no cursor', async () => {
    const ann = await newPerson();
    expectFaults(await ann.get(`${WEEKS}?from=2025-W53&to=x&cursor=1&state=late&limit=0`), {
      '?state': 'value',
      '?limit': 'range',
    });
    expectFaults(await ann.get(`${WEEKS}?from=2025-W53&to=x&cursor=1`), {
      '?from': 'format',
      '?to': 'format',
      '?cursor': 'format',
    });
  });

  test("rule 12: a manager sees another's weeks without the drafts in them", async () => {
    const [ann, bob, mona] = [await newPerson(), await newPerson(), await newManager()];
    await ann.post(work({ date: MON, minutes: 30, status: 'draft' }));
    await ann.post(work({ date: TUE, minutes: 50 }));
    await ann.post(work({ date: addDays(MON, 7), minutes: 10, status: 'draft' }));
    const range24 = 'from=2024-W18&to=2024-W21';
    const { json } = expectStatus(await mona.get(`${WEEKS}?user=${ann.email}&${range24}`), 200);
    assert.deepEqual(
      json.map(({ week, state, minutes, entries, draft, submitted }) => [
        week,
        state,
        minutes,
        entries,
        draft,
        submitted,
      ]),
      [
        ['2024-W20', 'open', 0, 0, 0, 0],
        ['2024-W19', 'open', 50, 1, 0, 1],
      ],
    );
    const own = await ann.get(`${WEEKS}?user=${ann.email}&${range24}`);
    assert.deepEqual(
      own.json.map(({ minutes }) => minutes),
      [10, 80],
    );
    expectNoScope(await bob.get(`${WEEKS}?user=${ann.email}`), 'approve:timesheets');
    expectFaults(await mona.get(`${WEEKS}?user=nobody@abc.example`), { '?user': 'unknown-person' });
  });
});

describe('saving a grid', () => {
  test('new cells become drafts; the reply is the week; one event holds it', async () => {
    const ann = await newPerson();
    const reply = expectStatus(
      await put(ann, [cell(TUE, 120, { note: 'x' }), { date: MON, project: 'INTERNAL', hours: '7.5' }], '"w0"'),
      200,
    );
    assert.equal(reply.etag, '"w1"');
    assert.equal(reply.json.state, 'open');
    assert.deepEqual(
      reply.json.entries.map(({ date, project, minutes, note, status, version }) => [
        date,
        project,
        minutes,
        note,
        status,
        version,
      ]),
      [
        [MON, 'INTERNAL', 450, '', 'draft', 1],
        [TUE, 'StoreZero', 120, 'x', 'draft', 1],
      ],
    );
    assert.deepEqual((await read(ann)).json, reply.json);
    const [event, ...others] = await weekEvents(ann);
    assert.equal(others.length, 0);
    assert.deepEqual([event.action, event.entry_id, event.before_json.toString()], [SAVED, null, '[]']);
    assert.deepEqual(JSON.parse(event.after_json), reply.json);
    const { id, project_id: projectId } = await entryRow(reply.json.entries[0].id);
    assert.ok(id > 0);
    assert.equal(projectId, (await one("SELECT id FROM project WHERE code = 'INTERNAL'")).id);
    await checkBooks(ann);
  });

  test('add, change, delete in one; what is not named stays', async () => {
    const ann = await newPerson();
    const first = await saved(ann, cell(MON, 60), cell(TUE, 70), cell(WED, 80), cell(THU, 90));
    const [mon, tue, wed, thu] = first.json.entries;
    const reply = expectStatus(
      await put(
        ann,
        [again(mon, { minutes: 61 }), { id: tue.id, delete: true }, cell(FRI, 100), again(thu)],
        first.etag,
      ),
      200,
    );
    assert.equal(reply.etag, '"w2"');
    assert.deepEqual(reply.json.entries.map(({ id, minutes, version }) => [id, minutes, version]).slice(0, 3), [
      [mon.id, 61, 2],
      [wed.id, 80, 1],
      [thu.id, 90, 1],
    ]);
    assert.deepEqual(
      reply.json.days.map(({ minutes }) => minutes),
      [61, 0, 80, 90, 100, 0, 0],
    );
    assert.deepEqual(await read(ann).then(({ json }) => json), reply.json);
    const [, event] = await weekEvents(ann);
    assert.deepEqual(JSON.parse(event.before_json), [mon, tue]);
    expectProblem(await ann.get(`/api/timesheets/${tue.id}`), 404, 'not-found');
    expectStatus(await ann.delete(tue.id, '"e1"'), 204); // as a repetition: there is a tombstone
    const weeks = await checkBooks(ann);
    assert.deepEqual([weeks[202419].version, weeks[202419].seq, weeks[202419].n_draft], [2, 2, 4]);
  });

  test('nothing changed: 200, the same version, nothing is written', async () => {
    const ann = await newPerson();
    const { etag, json } = await saved(ann, cell(MON, 60, { note: 'n' }), cell(TUE));
    await unchanged(async () => {
      for (const entries of [
        [],
        json.entries.map((entry) => again(entry)),
        json.entries.map(({ id, date, project, hours }) => ({ id, date, project, hours })),
        [again(json.entries[0], { delete: false })],
      ]) {
        const reply = expectStatus(await put(ann, entries, etag), 200);
        assert.deepEqual([reply.etag, reply.json], [etag, json]);
      }
    });
  });

  test('a note that is left out stays, an empty one is emptied', async () => {
    const ann = await newPerson();
    const { etag, json } = await saved(ann, cell(MON, 60, { note: 'kept' }));
    const { note, ...rest } = again(json.entries[0], { minutes: 61 });
    const second = expectStatus(await put(ann, [rest], etag), 200);
    assert.equal(second.json.entries[0].note, note);
    const third = expectStatus(await put(ann, [{ ...rest, note: '' }], second.etag), 200);
    assert.equal(third.json.entries[0].note, '');
  });

  test('the state table, edit: draft stays draft, submitted stays submitted, rejected becomes a draft', async () => {
    const ann = await newPerson();
    await saved(ann, cell(MON), cell(TUE), cell(WED));
    const { json } = await read(ann);
    await setStatus(json.entries[1].id, 'submitted');
    await setStatus(json.entries[2].id, 'rejected', { reason: 'Which task?' });
    const before = await read(ann);
    assert.equal(before.json.state, 'rejected');
    assert.equal(before.json.entries[2].reason, 'Which task?');
    const reply = expectStatus(
      await put(
        ann,
        before.json.entries.map((entry) => again(entry, { note: 'task 7' })),
        before.etag,
      ),
      200,
    );
    assert.deepEqual(
      reply.json.entries.map(({ status, reason }) => [status, reason]),
      [
        ['draft', null],
        ['submitted', null],
        ['draft', null],
      ],
    );
    const weeks = await checkBooks(ann);
    assert.deepEqual([weeks[202419].n_draft, weeks[202419].n_submitted, weeks[202419].n_rejected], [2, 1, 0]);
  });

  test('rule 8: an approved or locked cell that is sent unchanged does no harm', async () => {
    const ann = await newPerson();
    const { json } = await saved(ann, cell(MON), cell(TUE), cell(FRI));
    await setStatus(json.entries[1].id, 'approved');
    await lockDays(ann, 1);
    const { json: now, etag } = await read(ann);
    const reply = expectStatus(
      await put(ann, [again(now.entries[0]), again(now.entries[1]), again(now.entries[2], { minutes: 75 })], etag),
      200,
    );
    assert.deepEqual(
      reply.json.entries.map(({ minutes, status }) => [minutes, status]),
      [
        [60, 'draft'],
        [60, 'approved'],
        [75, 'draft'],
      ],
    );
    await checkBooks(ann);
  });

  test('rule 5: an approved or locked cell that differs stops all of it, and each is named', async () => {
    const ann = await newPerson();
    const { json } = await saved(ann, cell(MON), cell(TUE), cell(WED), cell(FRI));
    await setStatus(json.entries[2].id, 'approved');
    const { json: now, etag } = await read(ann);
    const [mon, tue, wed, fri] = now.entries.map((entry) => again(entry));
    await unchanged(async () => {
      const problem = expectProblem(
        await put(
          ann,
          [
            { ...fri, minutes: 1 },
            { ...wed, minutes: 1 },
          ],
          etag,
        ),
        409,
        'approved',
      );
      assert.deepEqual(
        problem.errors.map(({ pointer, code }) => [pointer, code]),
        [['/entries/1/id', 'approved']],
      );
      expectProblem(await put(ann, [{ id: wed.id, delete: true }], etag), 409, 'approved');
    });
    await lockDays(ann, 2);
    await unchanged(async () => {
      for (const [item, pointer] of [
        [{ ...mon, note: 'x' }, '/entries/0/date'],
        [{ ...tue, date: FRI }, '/entries/0/date'],
        [{ ...fri, date: TUE }, '/entries/0/date'],
        [{ id: mon.id, delete: true }, '/entries/0/id'],
        [cell(TUE), '/entries/0/date'],
      ]) {
        const problem = expectProblem(await put(ann, [item], etag), 409, 'period-locked');
        assert.deepEqual(
          problem.errors.map((error) => error.pointer),
          [pointer],
        );
      }
      expectProblem(
        await put(
          ann,
          [
            { ...mon, note: 'x' },
            { ...wed, note: 'x' },
          ],
          etag,
        ),
        409,
        'approved',
      );
    });
    expectStatus(await put(ann, [cell(THU), { ...fri, date: THU }], etag), 200);
  });

  test('the period lock reaches a week that has no row yet', async () => {
    const ann = await newPerson();
    await ann.get('/api/me');
    const { locked_through: before } = await one('SELECT locked_through FROM period_lock');
    after(() => query('UPDATE period_lock SET locked_through = ?', before));
    await query('UPDATE period_lock SET locked_through = ?', WED);
    expectProblem(await put(ann, [cell(WED)], '"w0"'), 409, 'period-locked');
    expectStatus(await put(ann, [cell(THU)], '"w0"'), 200);
    await query('UPDATE period_lock SET locked_through = ?', before);
    assert.equal((await checkBooks(ann))[202419].locked_days, 3);
  });

  test('a closed project takes no new work; less or other words on old work may be put right', async () => {
    const ann = await newPerson();
    const { json } = await saved(ann, cell(MON));
    const { id } = json.entries[0];
    const { id: closed } = await one("SELECT id FROM project WHERE code = 'BAKERY'");
    await query("UPDATE entry SET project_id = ?, project_code = 'BAKERY' WHERE id = ?", closed, id);
    const { json: now, etag } = await read(ann);
    const mon = again(now.entries[0]);
    await unchanged(async () => {
      for (const item of [{ ...mon, minutes: 61 }, { ...mon, date: TUE }, cell(TUE, 1, { project: 'BAKERY' })]) {
        const problem = expectProblem(await put(ann, [item], etag), 409, 'project-closed');
        assert.deepEqual(
          problem.errors.map(({ pointer, code }) => [pointer, code]),
          [['/entries/0/project', 'project-closed']],
        );
      }
    });
    expectStatus(await put(ann, [{ ...mon, minutes: 59, note: 'put right' }], etag), 200);
  });

  test('rule 2: minutes may be moved between full days, 13 h + 13 h on one day may not', async () => {
    const ann = await newPerson();
    const { json, etag } = await saved(ann, cell(MON, 1440), cell(TUE, 1440));
    const [mon, tue] = json.entries.map((entry) => again(entry));
    const moved = expectStatus(
      await put(
        ann,
        [
          { ...mon, date: TUE },
          { ...tue, date: MON },
        ],
        etag,
      ),
      200,
    );
    assert.deepEqual(
      moved.json.entries.map(({ id }) => id),
      [tue.id, mon.id],
    );
    await unchanged(async () => {
      const items = [cell(WED, 780), cell(THU, 60), { date: WED, project: 'INTERNAL', hours: 13 }, cell(TUE, 1)];
      expectFaults(
        await put(ann, items, moved.etag),
        {
          '/entries/0/minutes': 'day-over-24h',
          '/entries/2/hours': 'day-over-24h',
          '/entries/3/minutes': 'day-over-24h',
        },
        'day-over-24h',
      );
      expectFaults(
        await put(ann, [again(moved.json.entries[0], { date: TUE })], moved.etag),
        {
          '/entries/0/minutes': 'day-over-24h',
        },
        'day-over-24h',
      );
    });
    expectStatus(await put(ann, [cell(WED, 780), cell(WED, 660)], moved.etag), 200);
    await checkBooks(ann);
  });

  test('422: all faults of all items at once', async () => {
    const ann = await newPerson();
    const { json, etag } = await saved(ann, cell(MON));
    const { id } = json.entries[0];
    await unchanged(async () => {
      expectFaults(
        await put(
          ann,
          [
            {},
            { ...cell(SUN), date: addDays(SUN, 1) },
            { ...cell(MON), hours: 2 },
            { ...cell(MON), project: 'NOPE' },
            { delete: true },
            { id, delete: true, note: 'x', minutes: 1 },
            again(json.entries[0]),
          ],
          etag,
        ),
        {
          '/entries/0/date': 'required',
          '/entries/0/project': 'required',
          '/entries/0/minutes': 'hours',
          '/entries/1/date': 'range',
          '/entries/2/hours': 'hours',
          '/entries/3/project': 'unknown-project',
          '/entries/4/id': 'required',
          '/entries/5/note': 'unknown',
          '/entries/5/minutes': 'unknown',
          '/entries/6/id': 'duplicate',
        },
      );
      expectFaults(
        await put(
          ann,
          [
            { ...cell(MON), status: 'submitted' },
            { ...cell('2024-05-32') },
            { ...cell(MON), approved: true, colour: 1 },
            { ...cell(MON, 1441) },
            { ...cell(MON), delete: 'yes' },
            7,
          ],
          etag,
        ),
        {
          '/entries/0/status': 'read-only',
          '/entries/1/date': 'format',
          '/entries/2/approved': 'unknown',
          '/entries/2/colour': 'unknown',
          '/entries/3/minutes': 'range',
          '/entries/4/delete': 'type',
          '/entries/5': 'type',
        },
      );
      expectFaults(await ann.send('PUT', W19, { json: {}, headers: headers(etag) }), { '/entries': 'required' });
      expectFaults(await put(ann, Array(501).fill(cell(MON, 1)), etag), { '/entries': 'length' });
    });
    expectStatus(await put(ann, Array(500).fill(cell(TUE, 1)), etag), 200);
    assert.equal((await read(ann)).json.days[1].minutes, 500);
    await checkBooks(ann);
  });

  test("an id that is none of one's entries in that week: 422 unknown-entry", async () => {
    const [ann, bob] = [await newPerson(), await newPerson()];
    const { json: bobs } = await bob.post(work({ date: MON }));
    const { json: later } = await ann.post(work({ date: addDays(SUN, 1) }));
    const { etag } = await saved(ann, cell(MON));
    await unchanged(async () => {
      for (const id of [bobs.id, later.id, 1])
        for (const item of [cell(MON, 60, { id }), { id, delete: true }])
          expectFaults(await put(ann, [item], etag), { '/entries/0/id': 'unknown-entry' });
    });
  });

  test('deleting needs delete:timesheets as well', async () => {
    const ann = await newPerson({ scopes: [READ, CREATE] });
    const { json, etag } = await saved(ann, cell(MON));
    expectNoScope(await put(ann, [{ id: json.entries[0].id, delete: true }], etag), 'delete:timesheets');
    expectStatus(await put(ann, [again(json.entries[0], { delete: false, minutes: 1 })], etag), 200);
  });

  test('rule 3: weeks up to five ahead; beyond, reading is fine and saving is 422', async () => {
    const ann = await newPerson();
    const last = lastAllowed(today());
    const [near, far] = [last, addDays(last, 1)].map((date) => ({ date, path: `${WEEKS}/${isoWeek(date)}` }));
    expectStatus(await put(ann, [cell(near.date)], '"w0"', { path: near.path }), 200);
    assert.equal((await read(ann, far.path)).json.state, 'open');
    await unchanged(async () => {
      expectProblem(await put(ann, [cell(far.date)], '"w0"', { path: far.path }), 422, 'validation');
      expectProblem(await submit(ann, '"w0"', { path: `${far.path}/submission` }), 422, 'validation');
      expectProblem(await submit(ann, '"w0"', { path: `${WEEKS}/1999-W51/submission` }), 422, 'validation');
      expectStatus(await withdraw(ann, '"w0"', { path: `${far.path}/submission` }), 200);
      expectFaults(await put(ann, [cell('1999-12-31')], '"w0"', { path: `${WEEKS}/1999-W52` }), {
        '/entries/0/date': 'range',
      });
    });
    const path = `${WEEKS}/1999-W52`;
    expectStatus(await put(ann, [cell('2000-01-01')], '"w0"', { path }), 200);
    await checkBooks(ann);
  });

  test('rule 4: a week of 53 is saved as any other', async () => {
    const ann = await newPerson();
    const path = `${WEEKS}/2020-W53`;
    const { json } = expectStatus(await put(ann, [cell('2020-12-31'), cell('2021-01-01')], '"w0"', { path }), 200);
    assert.deepEqual([json.from, json.to, json.minutes], ['2020-12-28', '2021-01-03', 120]);
    const weeks = await checkBooks(ann);
    assert.deepEqual([weeks[202053].d4, weeks[202053].d5], [60, 60]);
  });

  test('the edit of an uploaded entry keeps where it came from', async () => {
    const ann = await newPerson();
    const { json } = await saved(ann, cell(MON));
    await query("UPDATE entry SET source = 'acme', external_id = 'A-1' WHERE id = ?", json.entries[0].id);
    const { json: now, etag } = await read(ann);
    const reply = expectStatus(await put(ann, [again(now.entries[0], { minutes: 5 })], etag), 200);
    const [{ source, external_id: externalId }] = reply.json.entries;
    assert.deepEqual([source, externalId], ['acme', 'A-1']);
    assert.deepEqual((await read(ann)).json, reply.json);
  });

  test('a body of 256 KB is taken, a larger one refused', async () => {
    const ann = await newPerson();
    const full = range(120).map((n) => cell(addDays(MON, n % 7), 1, { note: 'ü'.repeat(500) }));
    const body = JSON.stringify({ entries: full });
    assert.ok(Buffer.byteLength(body) > 64 * 1024);
    expectStatus(await put(ann, full, '"w0"'), 200);
    const reply = await put(
      ann,
      range(260).map((n) => cell(MON, 1, { note: 'ü'.repeat(500), n })),
      '"w1"',
    );
    assert.equal(reply.status, 413);
    await checkBooks(ann);
  });
});

describe('versions and repetitions', () => {
  test('428 without If-Match, 412 with a stale one; both write nothing', async () => {
    const ann = await newPerson();
    await saved(ann, cell(MON));
    await unchanged(async () => {
      for (const request of [(tag) => put(ann, [cell(TUE)], tag), (tag) => submit(ann, tag)]) {
        expectProblem(await request(undefined), 428, 'precondition-required');
        for (const tag of ['"w0"', '"w2"', '"e1"', 'w1', '"w1'])
          expectProblem(await request(tag), 412, 'version-mismatch');
      }
    });
    expectStatus(await put(ann, [cell(TUE)], 'W/"w1"'), 200);
  });

  test('every change of an entry makes the tag of its week stale', async () => {
    const ann = await newPerson();
    const { etag } = await saved(ann, cell(MON));
    const { json: entry, etag: tag } = await ann.post(work({ date: TUE }));
    expectProblem(await put(ann, [cell(WED)], etag), 412, 'version-mismatch');
    const second = await read(ann);
    await ann.patch(entry.id, { minutes: 61 }, tag);
    expectProblem(await put(ann, [cell(WED)], second.etag), 412, 'version-mismatch');
    assert.equal((await read(ann)).etag, '"w3"');
  });

  test('two PUTs of one version race: one is made, one is told (412), whether the row is there or not', async () => {
    for (let round = 0; round < 8; round++) {
      const ann = await newPerson();
      await ann.get('/api/me');
      if (round % 2 === 1) await saved(ann, cell(FRI, 5));
      const { etag, json } = await read(ann);
      const replies = await Promise.all(range(4).map((n) => put(ann, [cell(MON, 10 + n)], etag)));
      const won = replies.filter(({ status }) => status === 200);
      assert.equal(won.length, 1, replies.map(({ status }) => status).join());
      for (const lost of replies.filter((reply) => reply !== won[0])) expectProblem(lost, 412, 'version-mismatch');
      assert.equal(won[0].json.version, json.version + 1);
      assert.deepEqual((await read(ann)).json, won[0].json);
      await checkBooks(ann);
    }
  });

  test('a PUT that races with POSTs on a full day: never over 24 h, 412 or 200', async () => {
    for (let round = 0; round < 6; round++) {
      const ann = await newPerson();
      const { etag } = await saved(ann, cell(TUE, 5));
      const [grid, ...posts] = await Promise.all([
        put(ann, [cell(MON, 780, { note: 'of the grid' })], etag),
        ann.post(work({ date: MON, minutes: 780 })),
        ann.post(work({ date: MON, minutes: 780 })),
      ]);
      assert.ok([200, 412].includes(grid.status), grid.text);
      const made = [grid, ...posts].filter(({ status }) => status < 300).length;
      assert.equal(made, 1, `${grid.status} ${posts.map(({ status }) => status)}`);
      await checkBooks(ann);
    }
  });

  test('the same key replays the reply, also after the week has moved on; another body under it is 422', async () => {
    const ann = await newPerson();
    const key = newKey();
    const first = expectStatus(await put(ann, [cell(MON)], '"w0"', { key }), 200);
    await ann.post(work({ date: TUE }));
    const second = await put(ann, [cell(MON)], '"w0"', { key });
    expectStatus(second, 200);
    assert.deepEqual([second.headers['idempotency-replayed'], second.etag, second.text], ['true', '"w1"', first.text]);
    expectProblem(await put(ann, [cell(WED)], '"w0"', { key }), 422, 'idempotency-key-reused');
    const submitKey = newKey();
    const submitted = expectStatus(await submit(ann, '"w2"', { key: submitKey }), 200);
    const replayed = expectStatus(await submit(ann, '"w2"', { key: submitKey }), 200);
    assert.deepEqual([replayed.headers['idempotency-replayed'], replayed.text], ['true', submitted.text]);
    assert.deepEqual(await actions(ann), [SAVED, 1, SUBMITTED]);
    await checkBooks(ann);
  });

  test('a repeated PUT without a key: stale, but what it asks for is there, so 200 and nothing twice', async () => {
    const ann = await newPerson();
    const first = await saved(ann, cell(MON), cell(TUE), cell(WED));
    const [mon, tue, wed] = first.json.entries.map((entry) => again(entry));
    const items = [{ ...mon, minutes: 5 }, { id: tue.id, delete: true }, wed, cell(FRI, 7), cell(FRI, 7)];
    const second = expectStatus(await put(ann, items, first.etag), 200);
    await unchanged(async () => {
      const third = expectStatus(await put(ann, items, first.etag), 200);
      assert.deepEqual([third.etag, third.json], [second.etag, second.json]);
      assert.equal(third.headers['idempotency-replayed'], undefined);
      expectStatus(await put(ann, items, '*'), 200);
      for (const other of [
        [...items, cell(FRI, 7)],
        [{ ...mon, minutes: 6 }],
        [cell(FRI, 8)],
        [{ id: wed.id, delete: true }],
        [again(tue)],
      ])
        expectProblem(await put(ann, other, first.etag), 412, 'version-mismatch');
    });
    await checkBooks(ann);
  });

  test('refusals in the order of the contract', async () => {
    const ann = await newPerson();
    const { json } = await saved(ann, cell(MON, 1000), cell(TUE));
    await setStatus(json.entries[1].id, 'approved');
    const { etag } = await read(ann);
    const tue = again(json.entries[1], { minutes: 1 });
    const mistakes = [
      [[cell(MON, 441), tue, cell(WED, 1, { project: 'NOPE' })], undefined, 422, 'validation'],
      [[cell(MON, 441), tue], undefined, 428, 'precondition-required'],
      [[cell(MON, 441), tue], '"w0"', 412, 'version-mismatch'],
      [[cell(MON, 441), tue, cell(WED, 1, { id: 1 })], etag, 422, 'validation'],
      [[cell(MON, 441), tue], etag, 422, 'day-over-24h'],
      [[tue, cell(WED, 1, { project: 'BAKERY' })], etag, 409, 'approved'],
      [[cell(WED, 1, { project: 'BAKERY' })], etag, 409, 'project-closed'],
    ];
    await unchanged(async () => {
      for (const [entries, tag, status, slug] of mistakes) expectProblem(await put(ann, entries, tag), status, slug);
      expectProblem(await put(ann, [cell(MON, 441)], undefined, { path: `${WEEKS}/2025-W53` }), 404, 'not-found');
      expectProblem(await submit(ann, undefined, { path: `${WEEKS}/2025-W53/submission` }), 404, 'not-found');
    });
  });
});

describe('submitting and withdrawing', () => {
  test('submit: drafts and rejected become submitted, submitted and approved stay; withdraw: submitted become drafts', async () => {
    const ann = await newPerson();
    const { json } = await saved(ann, cell(MON), cell(TUE), cell(WED), cell(THU));
    await setStatus(json.entries[1].id, 'submitted');
    await setStatus(json.entries[2].id, 'approved');
    await setStatus(json.entries[3].id, 'rejected', { reason: 'no' });
    const before = await read(ann);
    const editors = await query('SELECT id, edited_by FROM entry WHERE person_id = ? ORDER BY id', json.person_id);
    const reply = expectStatus(await submit(ann, before.etag), 200);
    assert.equal(reply.etag, '"w2"');
    assert.equal(reply.json.state, 'submitted');
    assert.deepEqual(
      reply.json.entries.map(({ status, reason, version }) => [status, reason, version]),
      [
        ['submitted', null, 2],
        ['submitted', null, 2],
        ['approved', null, 2],
        ['submitted', null, 3],
      ],
    );
    assert.deepEqual((await read(ann)).json, reply.json);
    assert.deepEqual(
      await query('SELECT id, edited_by FROM entry WHERE person_id = ? ORDER BY id', json.person_id),
      editors,
      'rule 6: a change of status is no edit',
    );
    const [, event] = await weekEvents(ann);
    assert.equal(event.action, SUBMITTED);
    assert.deepEqual(JSON.parse(event.before_json), [before.json.entries[0], before.json.entries[3]]);
    let weeks = await checkBooks(ann);
    assert.deepEqual([weeks[202419].n_submitted, weeks[202419].n_approved], [3, 1]);

    const back = expectStatus(await withdraw(ann, reply.etag), 200);
    assert.deepEqual(
      back.json.entries.map(({ status }) => status),
      ['draft', 'draft', 'approved', 'draft'],
    );
    assert.deepEqual([back.json.state, back.etag], ['open', '"w3"']);
    assert.deepEqual((await read(ann)).json, back.json);
    assert.deepEqual(await actions(ann), [SAVED, SUBMITTED, WITHDRAWN]);
    weeks = await checkBooks(ann);
    assert.deepEqual([weeks[202419].n_draft, weeks[202419].n_approved], [3, 1]);
  });

  test('withdraw leaves what is rejected', async () => {
    const ann = await newPerson();
    const { json } = await saved(ann, cell(MON), cell(TUE));
    await setStatus(json.entries[0].id, 'rejected', { reason: 'no' });
    await setStatus(json.entries[1].id, 'submitted');
    const { etag } = await read(ann);
    const reply = expectStatus(await withdraw(ann, etag), 200);
    assert.deepEqual(
      reply.json.entries.map(({ status, reason }) => [status, reason]),
      [
        ['rejected', 'no'],
        ['draft', null],
      ],
    );
    assert.equal(reply.json.state, 'rejected');
  });

  test('an empty body, {} and no content type are all fine; anything else is refused', async () => {
    const ann = await newPerson();
    await saved(ann, cell(MON));
    expectStatus(await ann.send('PUT', SUBMISSION, { json: {}, headers: headers('"w1"') }), 200);
    expectFaults(await ann.send('PUT', SUBMISSION, { json: { comment: 'x' }, headers: headers('"w2"') }), {
      '/comment': 'unknown',
    });
    expectProblem(await ann.send('PUT', SUBMISSION, { body: '[]', headers: headers('"w2"') }), 400, 'malformed-json');
    expectProblem(
      await ann.send('DELETE', SUBMISSION, { json: {}, headers: headers('"w2"') }),
      400,
      'malformed-request',
    );
  });

  test('an empty week can be submitted and withdrawn', async () => {
    const ann = await newPerson();
    await setActive(ann, '2024-01-01');
    assert.equal((await read(ann)).json.state, 'missing');
    const submitted = expectStatus(await submit(ann, '"w0"'), 200);
    assert.deepEqual([submitted.json.state, submitted.etag, submitted.json.entries], ['submitted', '"w1"', []]);
    assert.deepEqual((await read(ann)).json, submitted.json);
    await unchanged(async () => {
      assert.equal(expectStatus(await submit(ann, '"w1"'), 200).etag, '"w1"');
      assert.equal(expectStatus(await submit(ann, '"w0"'), 200).etag, '"w1"', 'a repetition');
    });
    const withdrawn = expectStatus(await withdraw(ann, '"w1"'), 200);
    assert.deepEqual([withdrawn.json.state, withdrawn.etag], ['missing', '"w2"']);
    await unchanged(async () => expectStatus(await withdraw(ann, '"w1"'), 200));
    assert.deepEqual(await actions(ann), [SUBMITTED, WITHDRAWN]);
    await checkBooks(ann);
  });

  test('an empty week that was rejected shows the reason until it is submitted again; an approved one stays', async () => {
    const ann = await newPerson();
    expectStatus(await submit(ann, '"w0"'), 200);
    await setEmpty(ann, 3, 'You worked on Monday');
    const rejected = await read(ann);
    assert.deepEqual([rejected.json.state, rejected.json.reason], ['rejected', 'You worked on Monday']);
    const { json: list } = await ann.get(`${WEEKS}?from=2024-W19&to=2024-W19`);
    assert.deepEqual([list[0].state, list[0].reason], ['rejected', 'You worked on Monday']);
    const submitted = expectStatus(await submit(ann, rejected.etag), 200);
    assert.deepEqual([submitted.json.state, submitted.json.reason], ['submitted', null]);
    await setEmpty(ann, 2);
    const { etag } = await read(ann);
    await unchanged(async () => {
      assert.equal(expectStatus(await submit(ann, etag), 200).json.state, 'approved');
      assert.equal(expectStatus(await withdraw(ann, etag), 200).json.state, 'approved');
    });
  });

  test('nothing to do: 200 without an event, whatever the version', async () => {
    const ann = await newPerson();
    await ann.post(work({ date: MON }));
    await unchanged(async () => {
      for (const tag of ['"w1"', '"w0"', '*']) assert.equal(expectStatus(await submit(ann, tag), 200).etag, '"w1"');
      expectProblem(await submit(ann), 428, 'precondition-required');
      expectProblem(await withdraw(ann, '"w0"'), 412, 'version-mismatch');
    });
  });

  test('a locked day that would change stops it, one that would not does no harm', async () => {
    const ann = await newPerson();
    const { json } = await saved(ann, cell(MON), cell(FRI));
    await lockDays(ann, 1);
    await unchanged(async () => expectProblem(await submit(ann, '"w1"'), 409, 'period-locked'));
    await setStatus(json.entries[0].id, 'approved');
    const reply = expectStatus(await submit(ann, '"w1"'), 200);
    await lockDays(ann, 5);
    await unchanged(async () => expectProblem(await withdraw(ann, reply.etag), 409, 'period-locked'));
    await checkBooks(ann);
  });

  test('an empty week is locked with its last day', async () => {
    const ann = await newPerson();
    expectStatus(await submit(ann, '"w0"'), 200);
    await lockDays(ann, 7);
    await unchanged(async () => expectProblem(await withdraw(ann, '"w1"'), 409, 'period-locked'));
    await lockDays(ann, 6);
    expectStatus(await withdraw(ann, '"w1"'), 200);
  });

  test('submit and save race: each is made on what it saw, or told', async () => {
    for (let round = 0; round < 8; round++) {
      const ann = await newPerson();
      const { etag } = await saved(ann, cell(MON));
      const [one_, two] = await Promise.all([submit(ann, etag), put(ann, [cell(TUE)], etag)]);
      assert.deepEqual([one_.status, two.status].sort(), [200, 412], `${one_.text} ${two.text}`);
      await checkBooks(ann);
    }
  });

  test('a week lived: save, submit, edit what is submitted, withdraw, save, submit', async () => {
    const ann = await newPerson();
    let { etag, json } = await saved(ann, cell(MON, 480), cell(TUE, 480));
    ({ etag, json } = expectStatus(await submit(ann, etag), 200));
    ({ etag, json } = expectStatus(await put(ann, [again(json.entries[0], { minutes: 450 })], etag), 200));
    assert.deepEqual([json.state, json.submitted], ['submitted', 2]);
    ({ etag, json } = expectStatus(await put(ann, [cell(WED, 480)], etag), 200));
    assert.deepEqual([json.state, json.draft, json.submitted], ['open', 1, 2]);
    ({ etag, json } = expectStatus(await withdraw(ann, etag), 200));
    ({ etag, json } = expectStatus(await put(ann, [{ id: json.entries[2].id, delete: true }], etag), 200));
    ({ etag, json } = expectStatus(await submit(ann, etag), 200));
    assert.deepEqual([json.state, json.minutes, etag], ['submitted', 930, '"w7"']);
    assert.deepEqual(await actions(ann), [SAVED, SUBMITTED, SAVED, SAVED, WITHDRAWN, SAVED, SUBMITTED]);
    await checkBooks(ann);
  });
});

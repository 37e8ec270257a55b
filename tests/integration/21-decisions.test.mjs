// Approving and rejecting, one entry or a whole week: who may, what they saw, and what happens when
// several act at once (design rules 6, 7 and 12).
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkBooks, eventsOf } from './lib/audit.mjs';
import {
  APPROVE,
  Caller,
  EVERY_SCOPE,
  newKey,
  newManager,
  newPerson,
  personClaims,
  READ,
  work,
} from './lib/caller.mjs';
import { expectFaults, expectNoScope, expectProblem, expectStatus, range } from './lib/check.mjs';
import { entryRow, personIdOf, query, unchanged } from './lib/database.mjs';
import { stack } from './lib/stack.mjs';
import { mint } from './lib/tenant.mjs';

const INBOX = '/api/approvals';
const W19 = '2024-W19';
const APPROVED = { decision: 'approved' };
const REJECTED = { decision: 'rejected', reason: 'Which part of the checkout?' };
const REOPENED = { decision: 'reopened', reason: 'Wrong customer' };
const NO = { status: 'rejected', reason: 'Too long' };
const EVENT = { approved: 5, rejected: 6, weekApproved: 13, weekRejected: 14, weekReopened: 15 };
const RACES = 50;

const headers = (tag, key) => ({ ...(tag && { 'If-Match': tag }), ...(key && { 'Idempotency-Key': key }) });
const decide = (boss, id, json, { tag, key } = {}) =>
  boss.send('PUT', `${INBOX}/${id}`, { ...(json && { json }), headers: headers(tag, key) });
const weekPath = async (owner) => `/api/people/${await personIdOf(owner)}/weeks/${W19}`;
const readWeek = async (boss, owner) => expectStatus(await boss.get(await weekPath(owner)), 200);
const decideAt = (boss, path, json, tag, key) =>
  boss.send('PUT', `${path}/decision`, { json, headers: headers(tag, key) });
const decideWeek = async (boss, owner, json, tag, { key } = {}) =>
  decideAt(boss, await weekPath(owner), json, tag, key);
const post = async (caller, more) => expectStatus(await caller.post(work(more)), 201).json;

const actionsOf = async (owner) =>
  (await eventsOf(await personIdOf(owner))).filter(({ week }) => week === 202419).map(({ action }) => action);
const statuses = (replies) => replies.map(({ status }) => status).sort();

describe('the inbox', () => {
  test('shows what others have submitted, oldest first, each with its owner, and never drafts or own entries', async () => {
    const [ann, bob, mia] = [await newPerson(), await newPerson(), await newManager()];
    const later = await post(ann, { date: '2024-05-08' });
    const first = await post(ann, { date: '2024-05-06' });
    await post(ann, { status: 'draft' });
    const own = await post(mia);
    const ofBob = await post(bob, { date: '2024-05-07' });
    const mine = new Set([later, first, own, ofBob].map(({ id }) => id));
    const list = expectStatus(await mia.get(`${INBOX}?week=${W19}&limit=1000`), 200).json;
    assert.deepEqual(
      list.filter(({ id }) => mine.has(id)),
      [first, ofBob, later],
    );
    const dates = list.map(({ date, id }) => `${date} ${String(id).padStart(16, '0')}`);
    assert.deepEqual(dates, [...dates].sort(), 'oldest first');
    for (const entry of list) {
      assert.equal(entry.status, 'submitted');
      assert.notEqual(entry.user_id, mia.email);
    }
    assert.deepEqual((await mia.get(`${INBOX}?user=${encodeURIComponent(ann.email)}`)).json, [first, later]);
    assert.deepEqual((await mia.get(`${INBOX}?user=${await personIdOf(bob)}&project=StoreZero`)).json, [ofBob]);
    assert.deepEqual((await mia.get(`${INBOX}?user=${await personIdOf(bob)}&project=INTERNAL`)).json, []);
    assert.deepEqual((await mia.get(`${INBOX}?user=${encodeURIComponent(mia.email)}`)).json, []);
    expectNoScope(await ann.get(INBOX), APPROVE);
    expectFaults(await mia.get(`${INBOX}?user=nobody&week=2024-W53&limit=0`), { '?limit': 'range' });
    expectFaults(await mia.get(`${INBOX}?user=nobody&week=2024-W53`), {
      '?user': 'unknown-person',
      '?week': 'format',
    });
  });

  test('page by page, each entry once', async () => {
    const [ann, mia] = [await newPerson(), await newManager()];
    const made = [];
    for (const day of range(7)) made.push(await post(ann, { date: `2024-05-${String(6 + day).padStart(2, '0')}` }));
    const found = [];
    let next = `${INBOX}?user=${encodeURIComponent(ann.email)}&limit=3`;
    for (let pages = 1; next; pages++) {
      const reply = expectStatus(await mia.get(next), 200);
      found.push(...reply.json);
      next = /^<(.*)>; rel="next"$/.exec(reply.headers.link ?? '')?.[1];
      assert.equal(Boolean(next), pages < 3, `page ${pages}`);
    }
    assert.deepEqual(found, made);
  });
});

describe('one entry', () => {
  test('the older clients approve with an empty body and with {}', async () => {
    const [ann, mia] = [await newPerson(), await newManager()];
    for (const body of ['', '{}']) {
      const { id } = await post(ann);
      const reply = await mia.send('PUT', `${INBOX}/${id}`, { body, headers: { 'Content-Type': 'application/json' } });
      const entry = expectStatus(reply, 200).json;
      assert.equal(entry.approved, true);
      assert.equal(entry.user_id, ann.email);
      assert.deepEqual(expectStatus(await ann.get(`/api/timesheets/${id}`), 200).json, entry);
      assert.equal((await entryRow(id)).decided_by, await personIdOf(mia));
    }
    await checkBooks(ann);
  });

  test('lived once: rejected, edited, submitted, approved, then out of its owner’s hands', async () => {
    const [ann, mia] = [await newPerson(), await newManager()];
    const { id } = await post(ann, { minutes: 600 });
    const rejected = expectStatus(await decide(mia, id, NO), 200);
    assert.equal(rejected.json.reason, NO.reason);
    assert.equal(rejected.json.status, 'rejected');
    expectProblem(await decide(mia, id, {}), 409, 'not-submitted');
    const edited = expectStatus(await ann.patch(id, { minutes: 480 }, rejected.etag), 200);
    assert.equal(edited.json.status, 'draft');
    assert.equal(edited.json.reason, null);
    expectProblem(await decide(mia, id, {}), 404, 'not-found');
    const week = expectStatus(await ann.get(`/api/weeks/${W19}`), 200);
    expectStatus(await ann.send('PUT', `/api/weeks/${W19}/submission`, { headers: headers(week.etag) }), 200);
    expectProblem(await decide(mia, id, {}, { tag: edited.etag }), 412, 'version-mismatch');
    const approved = expectStatus(await decide(mia, id, {}), 200);
    assert.equal(approved.json.minutes, 480);
    expectProblem(await decide(mia, id, NO), 409, 'approved');
    await unchanged(async () => {
      expectProblem(await ann.patch(id, { minutes: 1 }, approved.etag), 409, 'approved');
      expectProblem(await ann.delete(id, approved.etag), 409, 'approved');
      assert.deepEqual(expectStatus(await decide(mia, id), 200).json, approved.json);
    });
    await checkBooks(ann);
  });

  test('nobody decides their own, nor what they last changed, nor as a machine', async () => {
    const [ann, mia, max] = [await newPerson(), await newManager(), await newManager()];
    const own = await post(mia, { status: 'draft' });
    const edited = await post(ann);
    await query('UPDATE entry SET edited_by = ? WHERE id = ?', await personIdOf(await known(max)), edited.id);
    const machine = { ...personClaims({ scopes: EVERY_SCOPE }), sub: `${stack.TS_MACHINE_CLIENT_ID}@clients` };
    const robot = new Caller(await mint({ payload: machine }));
    await unchanged(async () => {
      for (const json of [{}, NO]) {
        expectProblem(await decide(mia, own.id, json), 403, 'self-approval');
        expectProblem(await decide(max, edited.id, json), 403, 'four-eyes');
        expectProblem(await decide(robot, edited.id, json), 403, 'person-required');
      }
      expectProblem(await robot.get(INBOX), 403, 'person-required');
      expectProblem(await decideWeek(mia, mia, APPROVED, '"w1"'), 403, 'self-approval');
      expectProblem(await decideWeek(max, ann, APPROVED, '"w1"'), 403, 'four-eyes');
      expectProblem(await decideWeek(robot, ann, APPROVED, '"w1"'), 403, 'person-required');
      expectNoScope(await decide(ann, edited.id, {}), APPROVE);
      expectNoScope(await decideWeek(ann, ann, APPROVED, '"w1"'), APPROVE);
      expectFaults(await decide(mia, edited.id, { status: 'rejected' }), { '/reason': 'required' });
      expectFaults(await decide(mia, edited.id, { ...NO, reason: ' \n' }), { '/reason': 'blank' });
      expectFaults(await decide(mia, edited.id, { approved: false }), { '/approved': 'value' });
    });
    expectStatus(await decide(mia, edited.id, {}), 200);
  });

  test('under one key once, however often and however fast it is sent', async () => {
    const [ann, mia] = [await newPerson(), await newManager()];
    const { id } = await post(ann);
    const key = newKey();
    const replies = await Promise.all(range(8).map(() => decide(mia, id, NO, { key })));
    for (const reply of replies) assert.deepEqual(expectStatus(reply, 200).body, replies[0].body);
    assert.ok(replies.some((reply) => reply.headers['idempotency-replayed'] === 'true'));
    await post(ann); // something else happens
    const again = expectStatus(await decide(mia, id, NO, { key }), 200);
    assert.deepEqual(again.body, replies[0].body);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    expectProblem(await decide(mia, id, {}, { key }), 422, 'idempotency-key-reused');
    assert.deepEqual(await actionsOf(ann), [1, EVENT.rejected, 1]);
    await checkBooks(ann);
  });
});

/** A caller whose person the API knows. */
async function known(caller) {
  expectStatus(await caller.get('/api/me'), 200);
  return caller;
}

describe('one week', () => {
  test('lived once: seen without drafts, rejected, put right, approved, reopened', async () => {
    const [ann, mia] = [await newPerson(), await newManager()];
    const entries = [await post(ann), await post(ann, { date: '2024-05-07', minutes: 480 })];
    const draft = await post(ann, { date: '2024-05-08', status: 'draft' });
    let week = await readWeek(mia, ann);
    assert.deepEqual(week.json.entries, entries);
    assert.equal(week.json.state, 'open');
    assert.equal(week.json.minutes, 540);
    expectProblem(await decideWeek(mia, ann, APPROVED, week.etag), 409, 'not-submitted');
    expectStatus(await ann.delete(draft.id, '"e1"'), 204);
    expectProblem(await decideWeek(mia, ann, APPROVED, week.etag), 412, 'version-mismatch');
    week = await readWeek(mia, ann);
    expectProblem(await decideWeek(mia, ann, APPROVED), 428, 'precondition-required');
    expectFaults(await decideWeek(mia, ann, { decision: 'rejected' }, week.etag), { '/reason': 'required' });
    const rejected = expectStatus(await decideWeek(mia, ann, REJECTED, week.etag), 200);
    assert.equal(rejected.json.state, 'rejected');
    for (const entry of rejected.json.entries) assert.equal(entry.reason, REJECTED.reason);
    assert.deepEqual((await readWeek(mia, ann)).json, rejected.json);
    expectStatus(await ann.patch(entries[0].id, { minutes: 90 }, '"e2"'), 200);
    const own = expectStatus(await ann.get(`/api/weeks/${W19}`), 200);
    expectStatus(await ann.send('PUT', `/api/weeks/${W19}/submission`, { headers: headers(own.etag) }), 200);
    const approved = expectStatus(await decideWeek(mia, ann, APPROVED, (await readWeek(mia, ann)).etag), 200);
    assert.equal(approved.json.state, 'approved');
    assert.equal(approved.json.minutes, 570);
    expectProblem(await decideWeek(mia, ann, REJECTED, approved.etag), 409, 'approved');
    const reopened = expectStatus(await decideWeek(mia, ann, REOPENED, approved.etag), 200);
    assert.equal(reopened.json.state, 'rejected');
    for (const entry of reopened.json.entries) assert.equal(entry.reason, REOPENED.reason);
    const seen = await actionsOf(ann);
    for (const action of [EVENT.weekRejected, EVENT.weekApproved, EVENT.weekReopened])
      assert.equal(seen.filter((one) => one === action).length, 1);
    await checkBooks(ann);
  });

  test('an empty week is submitted, rejected, submitted again, approved, reopened', async () => {
    const [ann, mia] = [await newPerson(), await newManager()];
    const submission = `/api/weeks/${W19}/submission`;
    let tag = '"w0"';
    const steps = [
      ['submitted', () => ann.send('PUT', submission, { headers: headers(tag) })],
      ['rejected', () => decideWeek(mia, ann, REJECTED, tag)],
      ['submitted', () => ann.send('PUT', submission, { headers: headers(tag) })],
      ['approved', () => decideWeek(mia, ann, APPROVED, tag)],
      ['rejected', () => decideWeek(mia, ann, REOPENED, tag)],
    ];
    await known(ann);
    for (const [index, [state, act]] of steps.entries()) {
      const reply = expectStatus(await act(), 200);
      assert.equal(reply.json.state, state);
      assert.equal(reply.etag, `"w${index + 1}"`);
      assert.deepEqual((await readWeek(mia, ann)).json, reply.json);
      tag = reply.etag;
    }
    assert.equal((await readWeek(mia, ann)).json.reason, REOPENED.reason);
    await checkBooks(ann);
  });

  test('under one key once, however often and however fast it is sent', async () => {
    const [ann, mia] = [await newPerson(), await newManager()];
    for (const minutes of [60, 90, 120]) await post(ann, { minutes });
    const { etag } = await readWeek(mia, ann);
    const key = newKey();
    const replies = await Promise.all(range(8).map(() => decideWeek(mia, ann, APPROVED, etag, { key })));
    for (const reply of replies) assert.deepEqual(expectStatus(reply, 200).body, replies[0].body);
    await post(ann);
    assert.deepEqual(expectStatus(await decideWeek(mia, ann, APPROVED, etag, { key }), 200).body, replies[0].body);
    assert.deepEqual(await actionsOf(ann), [1, 1, 1, EVENT.weekApproved, 1]);
    await checkBooks(ann);
  });
});

describe('at once', () => {
  test('two managers on different entries of a week: it reads approved, or rejected, as it should', async () => {
    const [mia, max] = [await newManager(), await newManager()];
    for (let round = 0; round < 20; round++) {
      const ann = await newPerson();
      const entries = [];
      for (const minutes of range(8)) entries.push(await post(ann, { minutes: minutes + 1 }));
      const rejects = round % 2 === 1;
      const replies = await Promise.all(
        entries.map(({ id }, index) => decide(index % 2 ? mia : max, id, rejects && index === 3 ? NO : {})),
      );
      for (const reply of replies) expectStatus(reply, 200);
      assert.equal((await readWeek(mia, ann)).json.state, rejects ? 'rejected' : 'approved');
      const { 202419: week } = await checkBooks(ann);
      assert.equal(week.version, 16);
    }
  });

  test('two managers on one entry: one decision, which the other is told', async () => {
    const [mia, max] = [await newManager(), await newManager()];
    for (let round = 0; round < 20; round++) {
      const ann = await newPerson();
      const { id } = await post(ann);
      const [yes, no] = await Promise.all([decide(mia, id, {}), decide(max, id, NO)]);
      assert.deepEqual(statuses([yes, no]), [200, 409]);
      assert.equal((await entryRow(id)).status, yes.status === 200 ? 2 : 3);
      assert.equal((await actionsOf(ann)).length, 2);
      await checkBooks(ann);
    }
  });

  test('two managers on one week: one decision; the other saw something else', async () => {
    const [mia, max] = [await newManager(), await newManager()];
    for (let round = 0; round < 20; round++) {
      const ann = await newPerson();
      for (const minutes of [60, 90]) await post(ann, { minutes });
      const { etag } = await readWeek(mia, ann);
      const [yes, no] = await Promise.all([decideWeek(mia, ann, APPROVED, etag), decideWeek(max, ann, REJECTED, etag)]);
      assert.deepEqual(statuses([yes, no]), [200, 412]);
      assert.equal((await readWeek(mia, ann)).json.state, yes.status === 200 ? 'approved' : 'rejected');
      assert.equal((await actionsOf(ann)).length, 3);
      await checkBooks(ann);
    }
  });

  // Rule 7: whichever comes first, the other does not happen.
  const races = {
    edits: (ann, entry) => ann.patch(entry.id, { minutes: 480, note: 'not seen' }, '"e1"'),
    deletes: (ann, entry) => ann.delete(entry.id, '"e1"'),
  };
  for (const [what, act] of Object.entries(races)) {
    test(`the owner ${what} an entry while its week is approved: exactly one of the two`, async () => {
      const mia = await newManager();
      const won = { owner: 0, manager: 0 };
      for (let round = 0; round < RACES; round++) {
        const ann = await newPerson();
        const [first, second] = [await post(ann, { minutes: 60 }), await post(ann, { minutes: 90 })];
        const { etag } = await readWeek(mia, ann);
        const path = await weekPath(ann); // looked up before, so that both start together
        const [approval, change] = await Promise.all([decideAt(mia, path, APPROVED, etag), act(ann, first)]);
        const approved = await query(
          'SELECT id, minutes, note FROM entry WHERE person_id = ? AND status = 2 ORDER BY id',
          await personIdOf(ann),
        );
        if (approval.status === 200) {
          won.manager++;
          assert.ok([409, 412].includes(change.status), `${change.status} ${change.text}`);
          const seen = [first, second].map(({ id, minutes, note }) => ({ id, minutes, note }));
          assert.deepEqual(approved, seen, 'something was approved that nobody saw');
        } else {
          won.owner++;
          expectProblem(approval, 412, 'version-mismatch');
          assert.ok([200, 204].includes(change.status), `${change.status} ${change.text}`);
          assert.deepEqual(approved, []);
        }
        await checkBooks(ann);
      }
      assert.equal(won.owner + won.manager, RACES);
    });
  }

  test('the owner edits an entry while the version that was seen is approved: exactly one of the two', async () => {
    const mia = await newManager();
    for (let round = 0; round < RACES; round++) {
      const ann = await newPerson();
      const { id } = await post(ann, { minutes: 60 });
      const [approval, edit] = await Promise.all([
        decide(mia, id, {}, { tag: '"e1"' }),
        ann.patch(id, { minutes: 480 }, '"e1"'),
      ]);
      const row = await entryRow(id);
      if (approval.status === 200) {
        assert.ok([409, 412].includes(edit.status), `${edit.status} ${edit.text}`);
        assert.deepEqual([row.status, row.minutes], [2, 60]);
      } else {
        expectProblem(approval, 412, 'version-mismatch');
        expectStatus(edit, 200);
        assert.deepEqual([row.status, row.minutes], [1, 480]);
      }
      await checkBooks(ann);
    }
  });

  test('an entry comes in while the week is approved: it is never approved unseen', async () => {
    const mia = await newManager();
    for (let round = 0; round < 20; round++) {
      const ann = await newPerson();
      const seen = await post(ann);
      const { etag } = await readWeek(mia, ann);
      const path = await weekPath(ann);
      const [approval, more] = await Promise.all([decideAt(mia, path, APPROVED, etag), ann.post(work({ minutes: 5 }))]);
      expectStatus(more, 201);
      assert.ok([200, 412].includes(approval.status), approval.text);
      assert.equal((await entryRow(more.json.id)).status, 1);
      assert.equal((await entryRow(seen.id)).status, approval.status === 200 ? 2 : 1);
      assert.equal((await readWeek(mia, ann)).json.state, 'submitted');
      await checkBooks(ann);
    }
  });
});

describe('what a manager cannot see', () => {
  test('others’ drafts, and weeks without the scope', async () => {
    const [ann, mia] = [await newPerson(), await newManager()];
    const draft = await post(ann, { status: 'draft' });
    expectProblem(await decide(mia, draft.id, {}), 404, 'not-found');
    assert.deepEqual((await readWeek(mia, ann)).json.entries, []);
    expectNoScope(await ann.get(await weekPath(ann)), APPROVE);
    expectProblem(await mia.get(`/api/people/999999999/weeks/${W19}`), 404, 'not-found');
    expectProblem(await mia.get(`/api/people/${encodeURIComponent(ann.email)}/weeks/${W19}`), 404, 'not-found');
    const reader = await newPerson({ scopes: [READ] });
    expectNoScope(await reader.get(INBOX), APPROVE);
  });

  test('a week that has not changed is not sent again', async () => {
    const [ann, mia] = [await newPerson(), await newManager()];
    await post(ann);
    const { etag } = await readWeek(mia, ann);
    const path = await weekPath(ann);
    assert.equal((await mia.get(path, { headers: { 'If-None-Match': etag } })).status, 304);
    await post(ann);
    expectStatus(await mia.get(path, { headers: { 'If-None-Match': etag } }), 200);
  });
});

// PATCH and DELETE: by version, in the states that allow it, and never twice.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { checkBooks, eventsOf } from './lib/audit.mjs';
import { LIST, newKey, newManager, newPerson, work } from './lib/caller.mjs';
import { expectFaults, expectNginxProblem, expectProblem, expectStatus, waitFor } from './lib/check.mjs';
import { entryRow, one, personIdOf, query, setStatus, unchanged } from './lib/database.mjs';

const made = async (caller, more) => {
  const reply = expectStatus(await caller.post(work(more)), 201);
  return { ...reply.json, tag: reply.etag };
};
const gone = async (id) => (await query('SELECT id FROM entry WHERE id = ?', id)).length === 0;

describe('by version', () => {
  test('PATCH with the tag that was read changes the members it names, and gives the next version', async () => {
    const ann = await newPerson();
    const entry = await made(ann, { note: 'before' });
    const reply = expectStatus(await ann.patch(entry.id, { hours: 2.5, note: 'after' }, entry.tag), 200);
    assert.equal(reply.etag, '"e2"');
    const { tag, ...was } = entry;
    const { updated_at: updatedAt, ...rest } = reply.json;
    assert.ok(updatedAt > was.updated_at);
    assert.deepEqual(
      { ...rest, updated_at: was.updated_at },
      { ...was, hours: 2.5, minutes: 150, note: 'after', version: 2 },
    );
    assert.deepEqual((await ann.get(`${LIST}/${entry.id}`)).json, reply.json);
    const weeks = await checkBooks(ann);
    assert.equal(weeks[202419].d1, 150);
    assert.equal(weeks[202419].version, 2);
    const [, change] = (await eventsOf(await personIdOf(ann))).filter(({ week }) => week === 202419);
    assert.equal(JSON.parse(change.before_json).note, 'before');
    assert.equal(JSON.parse(change.after_json).note, 'after');
  });

  test('each member alone', async () => {
    const ann = await newPerson();
    let { id, tag } = await made(ann);
    for (const change of [
      { minutes: 30 },
      { hours: '0.75' },
      { project: 'INTERNAL' },
      { note: 'x' },
      { note: '' },
      { date: '2024-05-07' },
    ]) {
      const reply = expectStatus(await ann.patch(id, change, tag), 200);
      for (const [name, value] of Object.entries(change)) assert.equal(String(reply.json[name]), String(value), name);
      tag = reply.etag;
    }
    const row = await entryRow(id);
    assert.equal(row.version, 7);
    assert.equal(row.project_id, (await one("SELECT id FROM project WHERE code = 'INTERNAL'")).id);
    await checkBooks(ann);
  });

  test('no tag: 428; a tag of another version, or none of ours: 412; the entry stays', async () => {
    const ann = await newPerson();
    const { id } = await made(ann);
    await unchanged(async () => {
      expectProblem(await ann.patch(id, { minutes: 1 }), 428, 'precondition-required');
      expectProblem(await ann.delete(id), 428, 'precondition-required');
      for (const tag of [
        '"e2"',
        '"e0"',
        'W/"e2"',
        '"1"',
        'e1',
        '"E1"',
        '"e01"',
        '"e1',
        '"w1"',
        'nonsense',
        '"e18446744073709551617"',
        '"e2", "e3"',
      ]) {
        expectProblem(await ann.patch(id, { minutes: 1 }, tag), 412, 'version-mismatch');
        expectProblem(await ann.delete(id, tag), 412, 'version-mismatch');
      }
      expectNginxProblem(await ann.patch(id, { minutes: 1 }, ['"e1"', '"e2"']), 400);
    });
  });

  test('the tag alone, weak, in a list, or a star: accepted', async () => {
    const ann = await newPerson();
    for (const tag of ['"e1"', 'W/"e1"', '"x", "e1"', '"e7","e1" , "e9"', ' "e1" ', '*']) {
      const { id } = await made(ann, { minutes: 10 });
      expectStatus(await ann.patch(id, { minutes: 20 }, tag), 200);
      expectStatus(await ann.delete(id, tag.replace('e1', 'e2')), 204);
      assert.ok(await gone(id));
    }
    await checkBooks(ann);
  });

  test('a change that changes nothing keeps the version and writes nothing', async () => {
    const ann = await newPerson();
    const { id, tag, ...entry } = await made(ann, { note: 'same' });
    await unchanged(async () => {
      for (const same of [
        {},
        { minutes: 60 },
        { hours: 1 },
        { hours: '1.0', minutes: 60 },
        { note: 'same' },
        { date: entry.date, project: 'StoreZero' },
      ]) {
        const reply = expectStatus(await ann.patch(id, same, tag), 200);
        assert.equal(reply.etag, tag);
        assert.deepEqual(reply.json, { id, ...entry });
      }
    });
  });

  test('no lost update: of two racing changes just one is made, the other is told (412)', async () => {
    const ann = await newPerson();
    for (let round = 0; round < 15; round++) {
      const { id, tag } = await made(ann, { minutes: 10 });
      const replies = await Promise.all([1, 2, 3].map((n) => ann.patch(id, { note: `writer ${n}` }, tag)));
      const won = replies.filter(({ status }) => status === 200);
      assert.equal(won.length, 1, replies.map(({ status }) => status).join());
      for (const lost of replies.filter((reply) => reply !== won[0])) expectProblem(lost, 412, 'version-mismatch');
      assert.equal((await entryRow(id)).note, won[0].json.note);
    }
    await checkBooks(ann);
  });

  test('of a change and a removal that race, just one is made', async () => {
    const ann = await newPerson();
    for (let round = 0; round < 10; round++) {
      const { id, tag } = await made(ann, { minutes: 10 });
      const [patch, remove] = await Promise.all([ann.patch(id, { minutes: 11 }, tag), ann.delete(id, tag)]);
      if (patch.status === 200) expectProblem(remove, 412, 'version-mismatch');
      else {
        expectStatus(remove, 204);
        assert.ok([404, 412].includes(patch.status), `${patch.status}`);
      }
      assert.equal(await gone(id), remove.status === 204);
    }
    await checkBooks(ann);
  });
});

describe('moving to another date', () => {
  test('within a week: one week row changes, one event is written', async () => {
    const ann = await newPerson();
    const { id, tag } = await made(ann, { date: '2024-05-06', minutes: 90 });
    expectStatus(await ann.patch(id, { date: '2024-05-09' }, tag), 200);
    const weeks = await checkBooks(ann);
    assert.deepEqual([weeks[202419].d1, weeks[202419].d4, weeks[202419].version, weeks[202419].seq], [0, 90, 2, 2]);
    assert.equal((await entryRow(id)).work_date, '2024-05-09');
  });

  for (const [where, date, week] of [
    ['a later', '2024-05-14', 202420],
    ['an earlier', '2024-04-30', 202418],
    ["another year's", '2021-01-01', 202053],
  ]) {
    test(`to ${where} week: both week rows change, both have an event, the entry keeps its id`, async () => {
      const ann = await newPerson();
      const { id, tag } = await made(ann, { date: '2024-05-06', minutes: 90 });
      const key = newKey();
      const moved = expectStatus(await ann.patch(id, { date, minutes: 45 }, tag, { key }), 200);
      assert.equal(moved.json.id, id);
      const weeks = await checkBooks(ann);
      assert.deepEqual([weeks[202419].n_submitted, weeks[week].n_submitted], [0, 1]);
      assert.deepEqual([weeks[202419].version, weeks[week].version], [2, 1]);
      const events = (await eventsOf(await personIdOf(ann))).filter((event) => event.week > 0 && event.action !== 1);
      const byWeek = Object.fromEntries(events.map((event) => [event.week, event]));
      assert.equal(events.length, 2);
      assert.equal(byWeek[week].ikey.toString(), key, 'the key is in the event of the new week');
      assert.equal(byWeek[202419].ikey, null);
      assert.deepEqual([byWeek[week].entry_id, byWeek[202419].entry_id], [id, id]);
    });
  }

  test('rule 2: not to a day that would have more than 24 hours then', async () => {
    const ann = await newPerson();
    await made(ann, { date: '2024-05-14', minutes: 1400 });
    const { id, tag } = await made(ann, { date: '2024-05-06', minutes: 60 });
    await unchanged(async () => {
      expectProblem(await ann.patch(id, { date: '2024-05-14' }, tag), 422, 'day-over-24h');
      expectProblem(await ann.patch(id, { minutes: 1441 }, tag), 422, 'validation');
    });
    expectStatus(await ann.patch(id, { date: '2024-05-14', minutes: 40 }, tag), 200);
    await checkBooks(ann);
  });

  test('rule 2: more minutes on a day that is nearly full', async () => {
    const ann = await newPerson();
    await made(ann, { minutes: 1000 });
    const { id, tag } = await made(ann, { minutes: 400 });
    await unchanged(async () =>
      expectFaults(await ann.patch(id, { hours: 8 }, tag), { '/hours': 'day-over-24h' }, 'day-over-24h'),
    );
    expectStatus(await ann.patch(id, { minutes: 440 }, tag), 200);
  });

  test('entries that swap weeks at the same time do not block each other', async () => {
    const ann = await newPerson();
    const [a, b] = [await made(ann, { date: '2024-05-06' }), await made(ann, { date: '2024-05-13' })];
    let tags = [a.tag, b.tag];
    for (let round = 0; round < 8; round++) {
      const dates = round % 2 === 0 ? ['2024-05-13', '2024-05-06'] : ['2024-05-06', '2024-05-13'];
      const replies = await Promise.all([
        ann.patch(a.id, { date: dates[0] }, tags[0]),
        ann.patch(b.id, { date: dates[1] }, tags[1]),
      ]);
      tags = replies.map((reply) => expectStatus(reply, 200).etag);
    }
    await checkBooks(ann);
  });
});

describe('rule 5: states', () => {
  test('a rejected entry becomes a draft when it is changed, and its reason goes', async () => {
    const ann = await newPerson();
    const { id } = await made(ann);
    const tag = await setStatus(id, 'rejected', { reason: 'Which customer?' });
    const reply = expectStatus(await ann.patch(id, { note: 'for the museum' }, tag), 200);
    assert.equal(reply.json.status, 'draft');
    assert.equal(reply.json.reason, null);
    const weeks = await checkBooks(ann);
    assert.deepEqual([weeks[202419].n_draft, weeks[202419].n_rejected], [1, 0]);
  });

  test('a draft stays a draft, a submitted entry stays submitted', async () => {
    const ann = await newPerson();
    for (const status of ['draft', 'submitted']) {
      const { id, tag } = await made(ann, { status });
      assert.equal(expectStatus(await ann.patch(id, { note: 'x' }, tag), 200).json.status, status);
    }
    await checkBooks(ann);
  });

  test('an approved entry does not change and is not removed: 409', async () => {
    const ann = await newPerson();
    const { id } = await made(ann);
    const tag = await setStatus(id, 'approved');
    await unchanged(async () => {
      expectProblem(await ann.patch(id, { minutes: 5 }, tag), 409, 'approved');
      expectProblem(await ann.delete(id, tag), 409, 'approved');
    });
  });

  test('draft, submitted and rejected entries can be removed', async () => {
    const ann = await newPerson();
    for (const status of ['draft', 'submitted', 'rejected']) {
      const { id, tag } = await made(ann, { status: status === 'draft' ? 'draft' : 'submitted' });
      const current = status === 'rejected' ? await setStatus(id, status) : tag;
      const reply = expectStatus(await ann.delete(id, current), 204);
      assert.equal(reply.body.length, 0);
      assert.ok(await gone(id));
      expectProblem(await ann.get(`${LIST}/${id}`), 404, 'not-found');
    }
    const weeks = await checkBooks(ann);
    assert.deepEqual(
      [weeks[202419].n_draft, weeks[202419].n_submitted, weeks[202419].n_rejected, weeks[202419].d1],
      [0, 0, 0, 0],
    );
  });

  test('removing is in the audit trail, with what was there', async () => {
    const ann = await newPerson();
    const { id, tag } = await made(ann, { note: 'to be removed' });
    expectStatus(await ann.delete(id, tag), 204);
    const last = (await eventsOf(await personIdOf(ann))).at(-1);
    assert.equal(last.action, 3);
    assert.equal(last.entry_id, id);
    assert.equal(JSON.parse(last.before_json).note, 'to be removed');
    assert.equal(last.after_json, null);
  });
});

describe('whose entry it is', () => {
  test("a manager sees but does not change or remove another's entry: 403; a draft is not there: 404", async () => {
    const [owner, manager] = [await newPerson(), await newManager()];
    const submitted = await made(owner);
    const draft = await made(owner, { status: 'draft' });
    expectStatus(await manager.get('/api/me'), 200);
    await unchanged(async () => {
      expectProblem(await manager.patch(submitted.id, { minutes: 5 }, submitted.tag), 403, 'not-yours');
      expectProblem(await manager.delete(submitted.id, submitted.tag), 403, 'not-yours');
      expectProblem(await manager.patch(draft.id, { minutes: 5 }, draft.tag), 404, 'not-found');
      expectProblem(await manager.delete(draft.id, draft.tag), 404, 'not-found');
    });
  });
});

describe('removed already', () => {
  test('the same DELETE again, as a repeat after a lost answer: 204; with another version, or by another person: 404', async () => {
    const [ann, bob] = [await newPerson(), await newPerson()];
    const { id, tag } = await made(ann);
    const patched = expectStatus(await ann.patch(id, { minutes: 5 }, tag), 200);
    expectStatus(await bob.get('/api/me'), 200);
    expectStatus(await ann.delete(id, patched.etag), 204);
    await unchanged(async () => {
      expectStatus(await ann.delete(id, patched.etag), 204);
      expectStatus(await ann.delete(id, patched.etag), 204);
      expectProblem(await ann.delete(id, tag), 404, 'not-found');
      expectProblem(await ann.delete(id), 404, 'not-found');
      expectProblem(await bob.delete(id, patched.etag), 404, 'not-found');
      expectProblem(await ann.patch(id, { minutes: 7 }, patched.etag), 404, 'not-found');
    });
    await checkBooks(ann);
  });

  test('many removals at once: all are answered 204, one event is written', async () => {
    const ann = await newPerson();
    const { id, tag } = await made(ann);
    for (const reply of await Promise.all(Array.from({ length: 8 }, () => ann.delete(id, tag))))
      expectStatus(reply, 204);
    const removals = (await eventsOf(await personIdOf(ann))).filter(({ action }) => action === 3);
    assert.equal(removals.length, 1);
    await checkBooks(ann);
  });
});

describe('the period lock', () => {
  let ann;
  let tuesday;
  let thursday;
  let later;

  // Week 2003-W23, Monday 2 June; locked through the Wednesday, as the lock's own endpoint will write it.
  before(async () => {
    ann = await newPerson();
    tuesday = await made(ann, { date: '2003-06-03' });
    thursday = await made(ann, { date: '2003-06-05' });
    later = await made(ann, { date: '2003-06-12' });
    await query("UPDATE period_lock SET locked_through = '2003-06-04'");
    await query('UPDATE week SET locked_days = 3 WHERE person_id = ? AND week = 200323', await personIdOf(ann));
  });
  after(async () => {
    await query('UPDATE period_lock SET locked_through = NULL');
    await query('UPDATE week SET locked_days = 0 WHERE locked_days > 0');
  });

  test('a date up to and including it: no new entry, in a week that has a row and in one that has none', async () => {
    expectStatus(await ann.get('/api/me'), 200);
    await unchanged(async () => {
      for (const date of ['2003-06-02', '2003-06-04', '2003-05-28', '2001-01-01']) {
        expectProblem(await ann.post(work({ date })), 409, 'period-locked');
      }
      const bob = await newPerson({ sub: ann.sub, email: ann.email });
      expectProblem(await bob.post(work({ date: '2003-06-01' })), 409, 'period-locked');
    });
  });

  test('a person who is new: 409 too, with nothing but the person stored', async () => {
    const bob = await newPerson();
    expectProblem(await bob.post(work({ date: '2003-06-04' })), 409, 'period-locked');
    expectStatus(await bob.post(work({ date: '2003-06-05' })), 201);
    const weeks = await checkBooks(bob);
    assert.equal(weeks[200323].locked_days, 3, 'a new week row knows the lock');
    expectProblem(await bob.post(work({ date: '2003-06-03' })), 409, 'period-locked');
  });

  test('an entry before it is not changed, moved away or removed; none is moved before it', async () => {
    await unchanged(async () => {
      expectProblem(await ann.patch(tuesday.id, { minutes: 5 }, tuesday.tag), 409, 'period-locked');
      expectProblem(await ann.patch(tuesday.id, { date: '2003-06-05' }, tuesday.tag), 409, 'period-locked');
      expectProblem(await ann.patch(tuesday.id, { date: '2003-06-20' }, tuesday.tag), 409, 'period-locked');
      expectProblem(await ann.delete(tuesday.id, tuesday.tag), 409, 'period-locked');
      expectProblem(await ann.patch(thursday.id, { date: '2003-06-04' }, thursday.tag), 409, 'period-locked');
      expectProblem(await ann.patch(later.id, { date: '2003-06-02' }, later.tag), 409, 'period-locked');
      expectProblem(await ann.patch(later.id, { date: '2003-05-20' }, later.tag), 409, 'period-locked');
    });
  });

  test('after it everything goes on, also in the same week', async () => {
    expectStatus(await ann.patch(thursday.id, { minutes: 5 }, thursday.tag), 200);
    expectStatus(await ann.post(work({ date: '2003-06-06' })), 201);
    expectStatus(await ann.delete(later.id, later.tag), 204);
    expectStatus(await ann.get(`${LIST}/${tuesday.id}`), 200);
    await checkBooks(ann);
  });
});

describe('a project that is closed afterwards', () => {
  test('less time, other words and removal are still possible; more time, another date or new entries are not: 409', async () => {
    const ann = await newPerson();
    const code = `T-${newKey().slice(4, 20)}`;
    await query('INSERT INTO project (code, name) VALUES (?, ?)', code, 'Closed during a test');
    let { id, tag } = await made(ann, { project: code, minutes: 60 });
    const other = await made(ann, { project: 'StoreZero', minutes: 5 });
    await query('UPDATE project SET state = 1, version = version + 1 WHERE code = ?', code);
    // Each worker may remember a project for a second.
    let minutes = 60;
    let refusedSince;
    await waitFor('every worker has noticed', async () => {
      const reply = await ann.patch(id, { minutes: minutes + 1 }, tag);
      if (reply.status === 200) {
        minutes += 1;
        tag = reply.etag;
        refusedSince = undefined;
      } else {
        expectProblem(reply, 409, 'project-closed');
        refusedSince ??= Date.now();
      }
      return Date.now() - refusedSince > 1200;
    });
    await unchanged(async () => {
      expectProblem(await ann.patch(id, { minutes: minutes + 1 }, tag), 409, 'project-closed');
      expectProblem(await ann.patch(id, { date: '2024-05-07' }, tag), 409, 'project-closed');
      expectProblem(await ann.patch(other.id, { project: code }, other.tag), 409, 'project-closed');
      expectProblem(await ann.post(work({ project: code })), 409, 'project-closed');
    });
    tag = expectStatus(await ann.patch(id, { minutes: 30 }, tag), 200).etag;
    tag = expectStatus(await ann.patch(id, { note: 'other words' }, tag), 200).etag;
    expectStatus(await ann.delete(id, tag), 204);
    await checkBooks(ann);
  });
});

// The list of entries: filters, pages, and whose entries one sees.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { LIST, MANAGER, newManager, newPerson, work } from './lib/caller.mjs';
import { expectFaults, expectNoScope, expectProblem, expectStatus, inParallel, range } from './lib/check.mjs';
import { personIdOf, setStatus, unchanged } from './lib/database.mjs';

const get = async (caller, query = '') => expectStatus(await caller.get(`${LIST}${query}`), 200);
const ids = async (caller, query) => (await get(caller, query)).json.map(({ id }) => id);
const nextOf = (reply) => /^<([^>]+)>; rel="next"$/.exec(reply.headers.link ?? '')?.[1];

/** All pages from a first address on, by following the Link header. */
async function pages(caller, path, between = async () => {}) {
  const all = [];
  for (let next = path; next; ) {
    const reply = expectStatus(await caller.get(next), 200);
    all.push(reply.json);
    next = nextOf(reply);
    await between();
  }
  return all;
}

describe('filters', () => {
  let ann;
  const made = {};

  before(async () => {
    ann = await newPerson();
    for (const [name, more] of Object.entries({
      december: { date: '2020-12-31', project: 'StoreZero', note: 'Year end: 100% tested' },
      sunday: { date: '2021-01-03', project: 'INTERNAL', note: 'Ünder_scored words' },
      monday: { date: '2021-01-04', project: 'StoreZero', note: 'Checkout tax rules', status: 'draft' },
      rejected: { date: '2021-01-05', project: 'CLINIC', note: '' },
      approved: { date: '2021-01-05', project: 'StoreZero', note: 'tax again' },
    })) {
      made[name] = expectStatus(await ann.post(work(more)), 201).json.id;
    }
    await setStatus(made.rejected, 'rejected', { reason: 'Wrong project' });
    await setStatus(made.approved, 'approved');
  });

  const cases = {
    '': ['approved', 'rejected', 'monday', 'sunday', 'december'],
    '?from=2021-01-04': ['approved', 'rejected', 'monday'],
    '?to=2021-01-03': ['sunday', 'december'],
    '?from=2021-01-03&to=2021-01-04': ['monday', 'sunday'],
    '?from=2021-01-05&to=2021-01-03': [],
    '?week=2020-W53': ['sunday', 'december'],
    '?week=2021-W01': ['approved', 'rejected', 'monday'],
    '?week=2021-W02': [],
    '?week=2020-W53&from=2021-01-01': ['sunday'],
    '?week=2020-W53&to=2020-12-31': ['december'],
    '?project=StoreZero': ['approved', 'monday', 'december'],
    '?project=storezero': [],
    '?project=NoSuchProject': [],
    '?status=draft': ['monday'],
    '?status=submitted': ['sunday', 'december'],
    '?status=rejected': ['rejected'],
    '?status=approved': ['approved'],
    '?q=tax': ['approved', 'monday'],
    '?q=TAX': ['approved', 'monday'],
    '?q=tax+rules': ['monday'],
    '?q=tax%20rules': ['monday'],
    '?q=%25': ['december'],
    '?q=_': ['sunday'],
    '?q=%C3%BCnder': ['sunday'],
    "?q='": [],
    '?q=%5C': [],
    '?q=tax&project=StoreZero&status=draft&week=2021-W01': ['monday'],
    '?limit=2': ['approved', 'rejected'],
    '?limit=1000': ['approved', 'rejected', 'monday', 'sunday', 'december'],
  };
  for (const [query, names] of Object.entries(cases)) {
    test(`${query || 'none'}: ${names.join(', ') || 'nothing'}`, async () => {
      assert.deepEqual(
        await ids(ann, query),
        names.map((name) => made[name]),
      );
    });
  }

  test('a rejected entry shows the reason; an approved one is approved', async () => {
    const [entry] = (await get(ann, '?status=rejected')).json;
    assert.equal(entry.reason, 'Wrong project');
    assert.equal(entry.approved, false);
    const [approved] = (await get(ann, '?status=approved')).json;
    assert.equal(approved.approved, true);
    assert.equal(approved.reason, null);
  });

  test('somebody else sees nothing of it', async () => {
    assert.deepEqual(await ids(await newPerson()), []);
  });

  const wrong = {
    '?limit=0': '?limit',
    '?limit=1001': '?limit',
    '?limit=-1': '?limit',
    '?limit=abc': '?limit',
    '?limit=05': '?limit',
    '?limit=%2B5': '?limit',
    '?limit=5.0': '?limit',
    '?limit=': '?limit',
    '?limit': '?limit',
    '?limit=99999999999999999999': '?limit',
    '?from=2026-02-30': '?from',
    '?from=yesterday': '?from',
    '?to=2026-1-1': '?to',
    '?to=2021-01-01T00:00:00Z': '?to',
    '?week=2021-W54': '?week',
    '?week=2021-W53': '?week',
    '?week=2021-W00': '?week',
    '?week=2021W01': '?week',
    '?week=2021-w01': '?week',
    '?week=': '?week',
    '?status=done': '?status',
    '?status=Draft': '?status',
    '?status=1': '?status',
    '?project=': '?project',
    '?q=': '?q',
    '?cursor=': '?cursor',
    '?cursor=abc': '?cursor',
    '?cursor=0': '?cursor',
    '?q=%zz': '?q',
    '?q=%': '?q',
    '?q=%ff': '?q',
    '?q=a%00b': '?q',
    '?q=%C0%AF': '?q',
    '?unknown=1': '?unknown',
    '?LIMIT=5': '?LIMIT',
    '?limit%20=5': '?limit ',
    '?offset=10': '?offset',
    '?user_id=x': '?user_id',
    '?access_token=x': '?access_token',
  };
  for (const [query, pointer] of Object.entries(wrong)) {
    test(`${query}: 422 at ${pointer}`, async () =>
      expectFaults(await ann.get(`${LIST}${query}`), { [pointer]: null }));
  }

  test('a parameter twice: 422', async () => {
    for (const query of ['?limit=5&limit=5', '?status=draft&status=submitted', '?q=a&%71=b']) {
      const problem = expectProblem(await ann.get(`${LIST}${query}`), 422, 'validation');
      assert.equal(problem.errors[0].code, 'duplicate');
    }
  });

  test('all bad parameters are told at once', async () => {
    expectFaults(await ann.get(`${LIST}?limit=0&from=x&status=y&nonsense=1`), {
      '?limit': null,
      '?from': null,
      '?status': null,
      '?nonsense': 'unknown',
    });
  });

  test('parameters where none are taken: 422', async () => {
    for (const path of [`${LIST}/${made.monday}?x=1`, '/api/me?x=1', '/api/health/live?x=1'])
      expectFaults(await ann.get(path), { '?x': 'unknown' });
    expectFaults(await ann.get('/api/projects?state=done&from=2021-01-01'), { '?state': null, '?from': 'unknown' });
  });
});

describe('pages', () => {
  const COUNT = 120;
  let ann;
  let all;

  before(async () => {
    ann = await newPerson();
    const made = await inParallel(
      8,
      range(COUNT),
      async (n) => expectStatus(await ann.post(work({ date: '2022-03-02', minutes: 5, note: `n${n}` })), 201).json.id,
    );
    all = made.sort((a, b) => b - a);
  });

  test('50 at a time when nothing is said', async () => {
    const lists = await pages(ann, LIST);
    assert.deepEqual(
      lists.map((list) => list.length),
      [50, 50, 20],
    );
    assert.deepEqual(
      lists.flat().map(({ id }) => id),
      all,
    );
  });

  test('pages of any size give every entry once, also where all dates are equal', async () => {
    for (const limit of [1, 7, 40, 60, 119, 120, 121]) {
      const lists = await pages(ann, `${LIST}?limit=${limit}`);
      assert.deepEqual(
        lists.flat().map(({ id }) => id),
        all,
        `limit ${limit}`,
      );
      assert.equal(lists.length, Math.ceil(COUNT / limit), `pages of ${limit}`);
    }
  });

  test('the filters stay in the Link header', async () => {
    const query = '?q=n1&limit=5&from=2022-03-01&project=StoreZero&status=submitted';
    const first = await get(ann, query);
    const link = new URL(nextOf(first), 'https://localhost');
    assert.equal(link.pathname, LIST);
    assert.deepEqual([...link.searchParams.keys()].sort(), ['cursor', 'from', 'limit', 'project', 'q', 'status']);
    const found = (await pages(ann, `${LIST}${query}`)).flat();
    assert.equal(found.length, range(COUNT).filter((n) => `n${n}`.includes('n1')).length);
    for (const { note } of found) assert.ok(note.includes('n1'));
  });

  test('text of a filter cannot break out of the Link header', async () => {
    const reply = await get(ann, '?limit=1&q=n%3E%3B%22%20%C3%A4');
    assert.deepEqual(reply.json, []);
    const bob = await newPerson();
    const odd = 'a>;"\u00e4 <x>';
    for (const date of ['2022-03-01', '2022-03-02']) await bob.post(work({ date, note: odd }));
    const lists = await pages(bob, `${LIST}?limit=1&q=${encodeURIComponent(odd)}`);
    assert.deepEqual(
      lists.map((list) => list.length),
      [1, 1],
    );
  });

  test('while entries are added and removed, the others come once each, in order', async () => {
    const dates = ['2022-03-01', '2022-03-02', '2022-03-03'];
    const added = [];
    let n = 0;
    const change = async () => {
      for (const date of dates) added.push(expectStatus(await ann.post(work({ date, minutes: 1 })), 201));
      if (n++ % 2 === 0) {
        const gone = added.shift();
        expectStatus(await ann.delete(gone.json.id, gone.etag), 204);
      }
    };
    const seen = (await pages(ann, `${LIST}?limit=10`, change)).flat();
    const known = new Set(all);
    assert.deepEqual(
      seen.filter(({ id }) => known.has(id)).map(({ id }) => id),
      all,
    );
    assert.equal(new Set(seen.map(({ id }) => id)).size, seen.length, 'no entry twice');
    const keys = seen.map(({ date, id }) => `${date} ${String(id).padStart(17, '0')}`);
    assert.deepEqual(keys, [...keys].sort().reverse(), 'newest first');
  });

  test("a cursor shows its holder nothing that is somebody else's", async () => {
    const bob = await newPerson();
    const link = nextOf(await get(ann, '?limit=5'));
    assert.deepEqual(expectStatus(await bob.get(link), 200).json, []);
  });

  test("a cursor that was changed: 422, or entries of one's own", async () => {
    const cursor = new URL(nextOf(await get(ann, '?limit=5')), 'https://localhost').searchParams.get('cursor');
    for (const changed of [
      cursor.slice(1),
      `${cursor}0`,
      cursor.replace(/^./, 'g'),
      `f${cursor.slice(1)}`,
      '0'.repeat(cursor.length),
      'f'.repeat(cursor.length),
      `${cursor.toUpperCase()} `,
    ]) {
      expectFaults(await ann.get(`${LIST}?cursor=${encodeURIComponent(changed)}`), { '?cursor': null });
    }
  });
});

describe("rule 12: others' entries", () => {
  let owner;
  let manager;
  const made = {};

  before(async () => {
    owner = await newPerson({ name: 'Olga Owner' });
    manager = await newManager();
    for (const [n, status] of ['draft', 'submitted', 'approved', 'rejected'].entries()) {
      const more = { date: `2022-05-0${n + 2}`, status: status === 'draft' ? 'draft' : 'submitted' };
      made[status] = expectStatus(await owner.post(work(more)), 201).json;
      if (n > 1) await setStatus(made[status].id, status);
    }
  });

  const seenBy = async (caller, query = '') => ids(caller, `?user=${encodeURIComponent(owner.email)}${query}`);

  test('a manager sees them from submitted on, and never a draft', async () => {
    assert.deepEqual(await seenBy(manager), [made.rejected.id, made.approved.id, made.submitted.id]);
    assert.deepEqual(await seenBy(manager, '&status=draft'), []);
    assert.deepEqual(await seenBy(manager, '&status=submitted'), [made.submitted.id]);
    for (const { user_id: userId } of (await get(manager, `?user=${encodeURIComponent(owner.email)}`)).json)
      assert.equal(userId, owner.email);
    expectProblem(await manager.get(`${LIST}/${made.draft.id}`), 404, 'not-found');
    for (const status of ['submitted', 'approved', 'rejected']) {
      const entry = expectStatus(await manager.get(`${LIST}/${made[status].id}`), 200).json;
      assert.equal(entry.status, status);
      assert.equal(entry.user_id, owner.email);
    }
  });

  test('a manager may name a person by number too', async () => {
    assert.equal((await ids(manager, `?user=${await personIdOf(owner)}`)).length, 3);
  });

  test('pages of somebody else go on with that person', async () => {
    const lists = await pages(manager, `${LIST}?limit=1&user=${encodeURIComponent(owner.email)}`);
    assert.deepEqual(
      lists.flat().map(({ id }) => id),
      [made.rejected.id, made.approved.id, made.submitted.id],
    );
  });

  test("a manager's own list has the manager's entries only", async () => {
    assert.deepEqual(await ids(manager), []);
  });

  test('a manager asking for nobody: 422 at ?user', async () => {
    for (const user of ['nobody@nowhere.example', '99999999', '0', '%20', '-1'])
      expectFaults(await manager.get(`${LIST}?user=${user}`), { '?user': null });
  });

  test('an employee asking for somebody else: 403, whether or not that person exists', async () => {
    const bob = await newPerson();
    for (const user of [encodeURIComponent(owner.email), 'nobody@nowhere.example', await personIdOf(owner)]) {
      expectNoScope(await bob.get(`${LIST}?user=${user}`), 'approve:timesheets');
    }
  });

  test('an employee may name themselves', async () => {
    assert.equal((await seenBy(owner)).length, 4);
  });

  test("an employee's look at another's entry, whatever its state, is like one at an id that does not exist: 404", async () => {
    const bob = await newPerson();
    const missing = await bob.get(`${LIST}/4503599627370495`);
    const shape = (reply) => {
      const { instance, ...rest } = expectProblem(reply, 404, 'not-found');
      return rest;
    };
    for (const { id } of Object.values(made)) assert.deepEqual(shape(await bob.get(`${LIST}/${id}`)), shape(missing));
    await unchanged(async () => {
      for (const { id } of Object.values(made)) {
        expectProblem(await bob.patch(id, { minutes: 1 }, '"e1"'), 404, 'not-found');
        expectProblem(await bob.delete(id, '*'), 404, 'not-found');
      }
    });
  });

  test('the right to see others comes with the token, not with the person', async () => {
    const twice = await newPerson({ sub: manager.sub, email: manager.email });
    expectNoScope(await twice.get(`${LIST}?user=${encodeURIComponent(owner.email)}`), 'approve:timesheets');
    expectProblem(await twice.get(`${LIST}/${made.submitted.id}`), 404, 'not-found');
    const admin = await newPerson({ scopes: [...MANAGER, 'admin:timesheets'] });
    assert.equal((await seenBy(admin)).length, 3);
  });
});

describe('ids', () => {
  test('what is no id: 404, not the entry it begins with', async () => {
    const ann = await newPerson();
    const { id } = (await ann.post(work())).json;
    for (const bad of [
      `${id}abc`,
      `0${id}`,
      `+${id}`,
      `${id}.0`,
      `%20${id}`,
      `${id}%20`,
      `${id}%00`,
      `${id}%0a`,
      `-${id}`,
      '0',
      'abc',
      '1e5',
      '0x10',
      `${id},1`,
      '18446744073709551617',
      '9007199254740992',
      '99999999999999999999999',
      BigInt(id) + (1n << 64n),
      'undefined',
      "1'",
      '%F0%9F%A6%8A',
    ]) {
      const reply = await ann.get(`${LIST}/${bad}`);
      assert.ok([400, 404].includes(reply.status), `${bad}: ${reply.status}`);
      assert.notEqual(reply.json?.id, id);
    }
    expectStatus(await ann.get(`${LIST}/${id}`), 200);
  });
});

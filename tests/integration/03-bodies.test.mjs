// What a body may say, and how everything else is refused: never guessed, never half stored.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { anonymous, LIST, newManager, newPerson, READ, work } from './lib/caller.mjs';
import {
  expectFaults,
  expectNginxProblem,
  expectProblem,
  expectStatus,
  expectUnauthenticated,
  range,
} from './lib/check.mjs';
import { entryRow, one, setStatus, unchanged } from './lib/database.mjs';
import { addDays, lastAllowed, today } from './lib/dates.mjs';
import { sendRaw } from './lib/http.mjs';
import { stack } from './lib/stack.mjs';

let ann;
let day = 0;
/** Another date for each entry, so that no day gets too full. */
const freshDate = () => addDays('2010-01-01', day++);
const textOf = (members) => `{"date":"${freshDate()}","project":"StoreZero",${members}}`;

before(async () => {
  ann = await newPerson();
  expectStatus(await ann.get('/api/me'), 200);
});

const refused = (body, check, headers) => unchanged(async () => check(await ann.postText(body, headers)));

describe('rule 1: time is integer minutes', () => {
  const accepted = {
    '"hours":7.5': 450,
    '"hours":7.50': 450,
    '"hours":"7.5"': 450,
    '"hours":"7.5000"': 450,
    '"hours":8': 480,
    '"hours":"8"': 480,
    '"hours":0.25': 15,
    '"hours":0.3333': 20,
    '"hours":"0.3333"': 20,
    '"hours":0.0084': 1, // 0.504 minutes
    '"hours":0.0250': 2, // 1.5 minutes: half-up
    '"hours":1.0083': 60, // 60.498
    '"hours":1.0084': 61, // 60.504
    '"hours":2.675': 161, // 160.5 exactly; a double would have 160.49999
    '"hours":4.0083': 240,
    '"hours":24': 1440,
    '"hours":24.0': 1440,
    '"hours":24.0001': 1440, // 1440.006
    '"minutes":1': 1,
    '"minutes":450': 450,
    '"minutes":1440': 1440,
    '"hours":7.5,"minutes":450': 450,
    '"hours":"0.3333","minutes":20': 20,
  };
  for (const [members, minutes] of Object.entries(accepted)) {
    test(`{${members}} is ${minutes} minutes, in the reply and in the database`, async () => {
      const entry = expectStatus(await ann.postText(textOf(members)), 201).json;
      assert.equal(entry.minutes, minutes);
      assert.ok(Math.abs(entry.hours * 60 - minutes) < 0.01, `hours ${entry.hours}`);
      assert.equal((await entryRow(entry.id)).minutes, minutes);
    });
  }

  test('every number of minutes comes back the same from the hours of the reply', async () => {
    const bob = await newPerson();
    let date = '2011-01-03';
    for (const minutes of [1, 7, 10, 20, 59, 61, 100, 119, 421, 599, 1000, 1439]) {
      date = addDays(date, 2);
      const first = expectStatus(await bob.post(work({ date, minutes })), 201).json;
      assert.match(String(first.hours), /^\d+(\.\d{1,4})?$/);
      const again = expectStatus(
        await bob.post({ date: addDays(date, 1), project: 'StoreZero', hours: first.hours }),
        201,
      ).json;
      assert.equal(again.minutes, minutes, `${first.hours} hours`);
    }
  });

  const wrongHours = [
    '0',
    '0.0',
    '0.0083',
    '"0"',
    '24.01',
    '24.0084',
    '25',
    '"25"',
    '1e1',
    '1E1',
    '0.1e2',
    '-1',
    '-7.5',
    '-0',
    '"-1"',
    '"7,5"',
    '" 7"',
    '"7 "',
    '"+7"',
    '"7h"',
    '"7:30"',
    '""',
    '"."',
    '".5"',
    '"5."',
    '"07"',
    '"0x7"',
    '"1e1"',
    '"NaN"',
    '"Infinity"',
    '7.12345',
    '"7.50000"',
    '100000000000',
    '9007199254740993',
    'null',
    'true',
    'false',
    '[]',
    '[7.5]',
    '{}',
    '{"h":7}',
    '"\u0667"',
  ];
  for (const hours of wrongHours) {
    test(`hours ${hours}: 422 at /hours`, () =>
      refused(textOf(`"hours":${hours}`), (reply) => expectFaults(reply, { '/hours': null })));
  }

  const wrongMinutes = [
    '0',
    '-1',
    '1441',
    '450.0',
    '450.5',
    '4.5e2',
    '"450"',
    'null',
    'true',
    '[]',
    '{}',
    '9223372036854775807',
    '-9223372036854775808',
  ];
  for (const minutes of wrongMinutes) {
    test(`minutes ${minutes}: 422 at /minutes`, () =>
      refused(textOf(`"minutes":${minutes}`), (reply) => expectFaults(reply, { '/minutes': null })));
  }

  test('hours and minutes that disagree: 422', async () => {
    for (const members of ['"hours":7.5,"minutes":451', '"hours":"1","minutes":61', '"minutes":60,"hours":1.0167']) {
      await refused(textOf(members), (reply) => expectFaults(reply, { '/hours': null }));
    }
  });

  test('neither hours nor minutes: 422', () =>
    refused(textOf('"note":""'), (reply) => expectProblem(reply, 422, 'validation')));

  test('numbers that are no JSON, not finite or beyond 64 bits: 400', async () => {
    for (const number of [
      '07',
      '.5',
      '5.',
      '+7',
      '7,5',
      '0x7',
      'NaN',
      'Infinity',
      '-',
      '1e',
      '1e400',
      '99999999999999999999',
      '1_000',
    ]) {
      await refused(textOf(`"hours":${number}`), (reply) => expectProblem(reply, 400, 'malformed-json'));
    }
  });
});

describe('rule 3: a date is a civil date', () => {
  const spelt = (date) => JSON.stringify({ date, project: 'StoreZero', minutes: 1 });
  const accepted = {
    '2024-02-29': '2024-02-29',
    '2000-01-01': '2000-01-01',
    '2000-02-29': '2000-02-29',
    '2017-05-10T17:40:20.095Z': '2017-05-10',
    '2017-05-10T17:40:20Z': '2017-05-10',
    '2017-05-10T23:30:00-11:00': '2017-05-10', // the date as written, in no other zone
    '2017-05-10T00:30:00+14:00': '2017-05-10',
    '2017-05-10T17:40': '2017-05-10',
    'Wed May 10 00:00:00 GMT 2017': '2017-05-10',
    'Wed May 10 23:59:59 CEST 2017': '2017-05-10',
    'Wed May 10 00:00:00 GMT+05:30 2017': '2017-05-10',
    'Sat Jan 01 00:00:00 UTC 2000': '2000-01-01',
  };
  for (const [date, stored] of Object.entries(accepted)) {
    test(`POST takes ${date} as ${stored}`, async () => {
      const entry = expectStatus(await ann.postText(spelt(date)), 201).json;
      assert.equal(entry.date, stored);
      assert.equal((await entryRow(entry.id)).work_date, stored);
    });
  }

  const wrong = [
    '2026-02-30',
    '2023-02-29',
    '2026-00-10',
    '2026-13-01',
    '2026-04-31',
    '2026-01-00',
    '1999-12-31',
    '1900-01-01',
    '0001-01-01',
    '2101-01-01',
    '9999-12-31',
    '2026-1-1',
    '20260101',
    '26-01-01',
    '2026/01/01',
    '01.02.2026',
    '2026-W07-2',
    '2026-045',
    ' 2026-01-01',
    '2026-01-01 ',
    '2026-01-01\n',
    '2026-01-01T',
    '2026-01-01T25:00:00Z',
    '2026-01-01T10:60:00Z',
    '2026-01-01 10:00:00',
    '2026-01-01Tx',
    '+2026-01-01',
    '-2026-01-01',
    '12026-01-01',
    'yesterday',
    '',
    '2026-02-30T10:00:00Z',
    'Wed Feb 30 00:00:00 GMT 2017',
    'Wed Mai 10 00:00:00 GMT 2017',
    'May 10 2017',
    '\u0662\u0660\u0662\u0666-01-01',
  ];
  for (const date of wrong) {
    test(`POST refuses ${JSON.stringify(date)}: 422 at /date`, () =>
      refused(spelt(date), (reply) => expectFaults(reply, { '/date': null })));
  }
  for (const date of [20260101, 0, null, true, [], {}]) {
    test(`POST refuses the date ${JSON.stringify(date)}: 422 at /date`, () =>
      refused(spelt(date), (reply) => expectFaults(reply, { '/date': 'type' })));
  }

  test('the Sunday five weeks after the current week is the last date; the day after is refused', async () => {
    let last;
    let on;
    let beyond;
    let date;
    do {
      date = today();
      last = lastAllowed(date);
      on = await ann.postText(spelt(last));
      beyond = await ann.postText(spelt(addDays(last, 1)));
    } while (date !== today()); // midnight came in between
    expectStatus(on, 201);
    const problem = expectFaults(beyond, { '/date': 'range' });
    assert.ok(problem.errors[0].detail.includes(last), 'the limit is named');
    const patched = await ann.patch(on.json.id, { date: addDays(last, 1) }, on.etag);
    expectFaults(patched, { '/date': 'range' });
  });

  test('PATCH takes YYYY-MM-DD only', async () => {
    const { json: entry, etag } = expectStatus(await ann.post(work({ date: freshDate() })), 201);
    for (const date of [
      '2017-05-10T17:40:20.095Z',
      'Wed May 10 00:00:00 GMT 2017',
      '2026-02-30',
      '1999-12-31',
      null,
      20170510,
    ]) {
      await unchanged(async () => expectFaults(await ann.patch(entry.id, { date }, etag), { '/date': null }));
    }
    expectStatus(await ann.patch(entry.id, { date: '2017-05-12' }, etag), 200);
  });
});

describe('rule 4: weeks are ISO weeks', () => {
  const weeks = {
    '2021-01-01': 202053,
    '2021-01-03': 202053,
    '2021-01-04': 202101,
    '2016-01-03': 201553,
    '2018-12-31': 201901,
    '2024-12-30': 202501,
    '2000-01-01': 199952,
    '2023-01-01': 202252,
  };
  for (const [date, week] of Object.entries(weeks)) {
    test(`${date} is in week ${week}`, async () => {
      const bob = await newPerson();
      expectStatus(await bob.post(work({ date })), 201);
      const row = await one(
        'SELECT w.week FROM week w JOIN person p ON p.id = w.person_id WHERE p.sub = ? AND w.week > 0',
        Buffer.from(bob.sub),
      );
      assert.equal(row.week, week);
    });
  }
});

describe('notes', () => {
  const notes = {
    'emoji with joiners and skin tones': 'Review 👩🏽‍💻 → 👨‍👩‍👧‍👦 done ✅ 🇩🇪',
    'quotes, backslashes and slashes': `"double" 'single' \`back\` \\ \\\\ / \\n \\u0041`,
    'tabs and line feeds': 'first\tcolumn\nsecond line\n\n\tindented\n',
    'right to left': 'שלום עולם — مرحبا بالعالم',
    'directions and marks': 'abc\u202egnp.exe\u202c \u200b\u200d\ufeff end',
    'letters with and without their accents joined': 'é e\u0301 Å \u212b ﬁ',
    SQL: `'; DROP TABLE entry; -- " OR 1=1 /* */ # \\' %_`,
    HTML: '<script>alert(1)</script> &amp; <b>',
    formats: '%s %n %x %1$s {0} {{x}} $(id) `id`',
    'spaces at both ends': '   spaced   ',
    'a single space': ' ',
    'line and paragraph separators': 'a\u2028b\u2029c',
    'the last character there is': '\u{10ffff} \ufffd',
    'spreadsheet formula': '=HYPERLINK("http://x")',
    nothing: '',
    'other scripts': '日本語のメモ、中文备注，한국어 메모, ไทย, ελληνικά',
  };
  for (const [name, note] of Object.entries(notes)) {
    test(`${name}: the same bytes come back from the reply, a read, the list and the database`, async () => {
      const bob = await newPerson();
      const created = expectStatus(await bob.post(work({ note })), 201).json;
      assert.equal(created.note, note);
      assert.equal((await bob.get(`${LIST}/${created.id}`)).json.note, note);
      assert.equal((await bob.get()).json[0].note, note);
      const { bytes } = await one('SELECT CAST(note AS BINARY) AS bytes FROM entry WHERE id = ?', created.id);
      assert.deepEqual(bytes, Buffer.from(note));
    });
  }

  test('a text spelt with escapes is stored as what it means', async () => {
    const entry = expectStatus(
      await ann.postText(textOf('"minutes":1,"note":"\\u00e4\\ud83e\\udd8a\\/\\t\\""')),
      201,
    ).json;
    assert.equal(entry.note, 'ä🦊/\t"');
  });

  test('500 characters are stored, 501 refused; characters are counted, not bytes', async () => {
    for (const letter of ['x', 'é', '語', '🦊']) {
      const note = letter.repeat(500);
      const entry = expectStatus(await ann.post(work({ date: freshDate(), note })), 201).json;
      assert.equal(entry.note, note);
      await unchanged(async () =>
        expectFaults(await ann.post(work({ date: freshDate(), note: note + letter })), { '/note': 'length' }),
      );
    }
  });

  test('control characters: 422 at /note', async () => {
    for (const code of [1, 7, 8, 11, 12, 27, 31, 127]) {
      const note = `a${String.fromCharCode(code)}b`;
      await unchanged(async () =>
        expectFaults(await ann.post(work({ date: freshDate(), note })), { '/note': 'characters' }),
      );
    }
  });

  for (const note of [null, 5, true, [], {}]) {
    test(`a note that is ${JSON.stringify(note)}: 422 at /note`, () =>
      refused(JSON.stringify(work({ note })), (reply) => expectFaults(reply, { '/note': 'type' })));
  }
});

describe('members', () => {
  test('all faults are told at once', () =>
    refused(
      '{"date":"2026-02-30","project":7,"hours":25,"note":"\\u0007","status":"approved","extra":1,"Date":"2024-01-01"}',
      (reply) =>
        expectFaults(reply, {
          '/date': 'format',
          '/project': 'type',
          '/hours': 'format',
          '/note': 'characters',
          '/status': 'value',
          '/extra': 'unknown',
          '/Date': 'unknown',
        }),
    ));

  test('faults that only today or the database can tell are told at once', () =>
    refused('{"date":"1999-12-31","project":"NoSuchProject","hours":1,"minutes":61}', (reply) =>
      expectFaults(reply, { '/date': 'range', '/project': 'unknown-project', '/hours': null }),
    ));

  test('missing members are named', () =>
    refused('{}', (reply) => {
      const problem = expectProblem(reply, 422, 'validation');
      const pointers = problem.errors.map(({ pointer }) => pointer);
      assert.ok(pointers.includes('/date') && pointers.includes('/project'), reply.text);
    }));

  for (const name of [
    'person_id',
    'owner',
    'version',
    'decided_by',
    'edited_by',
    'created_at',
    'reason',
    'hour',
    'Minutes',
    '',
    '__proto__',
    'constructor',
    'a/b',
    'a~b',
    '🦊',
  ]) {
    test(`the unknown member ${JSON.stringify(name)}: 422`, () =>
      refused(textOf(`"minutes":1,${JSON.stringify(name)}:1`), (reply) => {
        const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        expectFaults(reply, { [pointer]: 'unknown' });
      }));
  }

  test('a project that is unknown, by as little as a letter or a space: 422 at /project', async () => {
    for (const project of [
      'NoSuchProject',
      'storezero',
      'STOREZERO',
      'StoreZero ',
      ' StoreZero',
      'StoreZerö',
      'StoreZero\u200b',
      '%',
      "' OR '1'='1",
    ]) {
      await unchanged(async () =>
        expectFaults(await ann.post(work({ date: freshDate(), project })), { '/project': 'unknown-project' }),
      );
    }
    for (const project of ['', 'x'.repeat(41), null, 1, [], {}]) {
      await unchanged(async () =>
        expectFaults(await ann.post(work({ date: freshDate(), project })), { '/project': null }),
      );
    }
  });

  test('a new entry may be draft or submitted, and is submitted when nothing is said', async () => {
    for (const [status, stored] of [
      ['draft', 'draft'],
      ['submitted', 'submitted'],
      [undefined, 'submitted'],
    ]) {
      const entry = expectStatus(await ann.post(work({ date: freshDate(), status })), 201).json;
      assert.equal(entry.status, stored);
      assert.equal(entry.approved, false);
    }
    for (const status of ['approved', 'rejected', 'Draft', 'DRAFT', '', 'draft ', null, 1, true, []]) {
      await unchanged(async () =>
        expectFaults(await ann.post(work({ date: freshDate(), status })), { '/status': null }),
      );
    }
  });

  test('a closed project, or one that has not begun or has ended on the date: 409', async () => {
    for (const [project, date] of [
      ['BAKERY', '2024-05-06'],
      ['MUSEUM-24', '2025-01-01'],
      ['MUSEUM-24', '2023-12-31'],
      ['NORTH-01', '2025-02-28'],
    ]) {
      await unchanged(async () => expectProblem(await ann.post(work({ project, date })), 409, 'project-closed'));
    }
    expectStatus(await ann.post(work({ project: 'MUSEUM-24', date: '2024-12-31' })), 201);
    expectStatus(await ann.post(work({ project: 'NORTH-01', date: '2025-03-01' })), 201);
  });

  test('PATCH refuses what the server decides: 422 for each', async () => {
    const { json: entry, etag } = expectStatus(await ann.post(work({ date: freshDate() })), 201);
    for (const [name, value] of Object.entries({
      id: entry.id,
      user_id: entry.user_id,
      approved: true,
      status: 'submitted',
      version: 1,
      reason: '',
      created_at: 'x',
      person_id: 1,
    })) {
      await unchanged(async () =>
        expectFaults(await ann.patch(entry.id, { [name]: value, minutes: 5 }, etag), { [`/${name}`]: null }),
      );
    }
  });

  test('query parameters that a write does not know: 422', async () => {
    await unchanged(async () => {
      expectFaults(await ann.send('POST', `${LIST}?dry_run=true`, { json: work() }), { '?dry_run': 'unknown' });
      expectFaults(await ann.send('POST', `${LIST}?x=1`, { json: work({ minutes: 0 }) }), {
        '/minutes': 'range',
        '?x': 'unknown',
      });
    });
  });
});

describe('older clients', () => {
  test('id, user_id and approved are accepted and ignored on POST', async () => {
    const body = { ...work({ date: freshDate() }), id: 5, user_id: 'somebody@else.example', approved: true };
    const entry = expectStatus(await ann.post(body), 201).json;
    assert.notEqual(entry.id, 5);
    assert.equal(entry.user_id, ann.email);
    assert.equal(entry.approved, false);
    assert.equal(entry.status, 'submitted');
  });

  test("the Android app's form: hours as text, a java.util.Date, no user_id", async () => {
    const entry = expectStatus(
      await ann.postText('{"project":"StoreZero","date":"Wed May 10 00:00:00 GMT 2017","hours":"5"}'),
      201,
    ).json;
    assert.equal(entry.date, '2017-05-10');
    assert.equal(entry.minutes, 300);
  });

  test("the web sample's form: a date, a project, a number", async () => {
    const entry = expectStatus(await ann.postText('{"date":"2017-05-11","project":"StoreZero","hours":5}'), 201).json;
    assert.equal(entry.hours, 5);
  });

  test('every element of the list has the keys that the Android app insists on', async () => {
    const list = expectStatus(await ann.get(`${LIST}?limit=1000`), 200).json;
    assert.ok(list.length > 10);
    for (const entry of list) {
      assert.equal(typeof entry.id, 'number');
      assert.equal(typeof entry.user_id, 'string');
      assert.equal(typeof entry.project, 'string');
      assert.match(entry.date, /^\d{4}-\d\d-\d\d$/);
      assert.equal(typeof entry.hours, 'number');
      assert.equal(typeof entry.approved, 'boolean');
    }
  });
});

describe('one JSON, one meaning: 400', () => {
  const good = '"project":"StoreZero","minutes":1';
  const whole = `{"date":"2024-03-04",${good}}`;
  const bytes = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));
  const noted = (...raw) => bytes(`{"date":"2024-03-04",${good},"note":"`, ...raw, '"}');
  const bodies = {
    'no body': '',
    'a space': ' ',
    'half a body': whole.slice(0, -5),
    'no closing brace': whole.slice(0, -1),
    'text behind it': `${whole}x`,
    'two objects': whole + whole,
    'a comma behind the last member': `${whole.slice(0, -1)},}`,
    'single quotes': whole.replaceAll('"', "'"),
    'names without quotes': `{date:"2024-03-04",${good}}`,
    'a comment': `${whole}/* x */`,
    'a line comment': `// x\n${whole}`,
    NaN: `{"date":"2024-03-04","project":"StoreZero","minutes":NaN}`,
    Infinity: `{"date":"2024-03-04","project":"StoreZero","minutes":-Infinity}`,
    'a byte order mark': `\ufeff${whole}`,
    'UTF-16': Buffer.from(whole, 'utf16le'),
    'the same member twice': `{"date":"2024-03-04","date":"2024-03-05",${good}}`,
    'the same member twice with the same value': `{"date":"2024-03-04","date":"2024-03-04",${good}}`,
    'the same member twice, once spelt with an escape': `{"date":"2024-03-04","dat\\u0065":"2024-03-05",${good}}`,
    'an ignored member twice': `{"date":"2024-03-04",${good},"id":1,"id":2}`,
    'a NUL as escape in a value': `{"date":"2024-03-04",${good},"note":"a\\u0000b"}`,
    'a NUL as escape in a name': `{"date":"2024-03-04",${good},"no\\u0000te":"x"}`,
    'a raw NUL in a value': noted('a', [0], 'b'),
    'a NUL behind the body': bytes(whole, [0]),
    'a raw line feed in a text': noted('a\nb'),
    'a raw tab in a text': noted('a\tb'),
    'a lone high surrogate': `{"date":"2024-03-04",${good},"note":"\\ud800"}`,
    'a lone low surrogate': `{"date":"2024-03-04",${good},"note":"\\udc00"}`,
    'surrogates in the wrong order': `{"date":"2024-03-04",${good},"note":"\\ude00\\ud83d"}`,
    'an unknown escape': `{"date":"2024-03-04",${good},"note":"\\x41"}`,
    'half an escape': `{"date":"2024-03-04",${good},"note":"\\u00"}`,
    'a byte that is no UTF-8': noted([0xff]),
    'an overlong slash': noted([0xc0, 0xaf]),
    'an overlong NUL': noted([0xc0, 0x80]),
    'a surrogate in UTF-8': noted([0xed, 0xa0, 0x80]),
    'beyond U+10FFFF': noted([0xf4, 0x90, 0x80, 0x80]),
    'half a character': noted([0xe2, 0x82]),
    'Latin-1': noted([0xe4]),
    'invalid UTF-8 in a name': bytes(`{"date":"2024-03-04",${good},"`, [0xff], '":1}'),
    'depth 17': `{"date":"2024-03-04",${good},"x":${'['.repeat(16)}${']'.repeat(16)}}`,
    'depth 5000': `{"date":"2024-03-04",${good},"x":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    'depth 20000 that is never closed': '{"a":'.repeat(10000),
    'an array': `[${whole}]`,
    'a text': '"x"',
    'a number': '5',
    null: 'null',
    true: 'true',
    HTML: '<html></html>',
    'a form': 'date=2024-03-04&project=StoreZero&hours=5',
  };
  for (const [name, body] of Object.entries(bodies)) {
    test(name, () => refused(body, (reply) => expectProblem(reply, 400, 'malformed-json')));
  }

  test('depth 16 is read: the unknown member is what is wrong with it', () =>
    refused(`{"date":"2024-03-04",${good},"x":${'['.repeat(15)}${']'.repeat(15)}}`, (reply) =>
      expectFaults(reply, { '/x': 'unknown' }),
    ));

  test('white space around everything is fine', async () => {
    expectStatus(
      await ann.postText(` \r\n\t{ "date" : "${freshDate()}" ,\r\n "project" : "StoreZero" , "minutes" : 1 } \n`),
      201,
    );
  });
});

describe('content types', () => {
  const body = () => JSON.stringify(work({ date: freshDate() }));
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/jsonx',
    'application/json-patch+json',
    'application/merge-patch+json',
    'text/json',
    'json',
    '*/*',
    'application/json, text/plain',
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
    'application/json; boundary=x',
    'application/ json',
    'application/json/x',
  ]) {
    test(`${type}: 415`, () =>
      refused(body(), (reply) => expectProblem(reply, 415, 'unsupported-media-type'), { 'Content-Type': type }));
  }
  test('none: 415', () =>
    unchanged(async () => {
      const reply = await anonymous.send('POST', LIST, {
        headers: { Authorization: `Bearer ${ann.token}`, 'Content-Type': [] },
        body: body(),
      });
      expectProblem(reply, 415, 'unsupported-media-type');
    }));
  for (const type of [
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON',
    'application/json; charset="utf-8"',
  ]) {
    test(`${type}: accepted`, async () => {
      expectStatus(await ann.postText(body(), { 'Content-Type': type }), 201);
    });
  }
});

describe('sizes', () => {
  const LIMIT = 65536;
  const padded = (bytes) => {
    const text = JSON.stringify(work({ date: freshDate() }));
    return text.replace('{', `{${' '.repeat(bytes - text.length)}`);
  };

  test('a body of exactly 64 KB is read', async () => {
    const body = padded(LIMIT);
    assert.equal(Buffer.byteLength(body), LIMIT);
    expectStatus(await ann.postText(body), 201);
  });

  test('one byte more, and 2 MB: 413, and the limit is named', async () => {
    for (const bytes of [LIMIT + 1, 2_000_000]) {
      await unchanged(async () => {
        const problem = expectNginxProblem(await ann.postText(padded(bytes)), 413);
        assert.match(problem.detail, /64 KB/);
      });
    }
  });

  test('sent in chunks: read when small, 413 when large', async () => {
    const headers = { 'Transfer-Encoding': 'chunked' };
    expectStatus(await ann.postText(padded(1000), headers), 201);
    await unchanged(async () => expectNginxProblem(await ann.postText(padded(LIMIT + 1), headers), 413));
  });

  test('a length that is a lie, or no number: refused, nothing stored', async () => {
    const head = (length) =>
      `POST ${LIST} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ann.token}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`;
    const body = JSON.stringify(work({ date: freshDate() }));
    await unchanged(async () => {
      for (const length of ['-1', '1x', '0x10', '99999999999999999999', `${body.length}, ${body.length}`]) {
        assert.match(await sendRaw(head(length) + body), /^HTTP\/1\.1 4(00|13)\b/, length);
      }
      assert.match(await sendRaw(head(body.length - 5) + body), /^HTTP\/1\.1 400\b/, 'half of it is no JSON');
    });
  });

  test('thousands of members or values: refused without harm', async () => {
    const many = range(5000)
      .map((n) => `"m${n}":1`)
      .join(',');
    await refused(`{${many.slice(0, 60000).replace(/,[^,]*$/, '')}}`, (reply) =>
      assert.ok([400, 422].includes(reply.status), `${reply.status}`),
    );
    await refused(textOf(`"minutes":1,"x":[${'1,'.repeat(25000)}1]`), (reply) =>
      assert.ok([400, 422].includes(reply.status), `${reply.status}`),
    );
  });
});

describe('the order of refusals', () => {
  const UNKNOWN_ID = 4503599627370495;
  const plain = { 'Content-Type': 'text/plain' };
  const change = (caller, id, body, headers) => caller.send('PATCH', `${LIST}/${id}`, { body, headers });

  test('401 and 403 for scope, 415, 400, 422, 404, 428, 412, 403, 409: each comes before the next', async () => {
    const owner = await newPerson();
    const manager = await newManager();
    const reader = await newPerson({ scopes: [READ] });
    const { json: entry } = expectStatus(await owner.post(work()), 201);
    expectStatus(await manager.get('/api/me'), 200);
    const tag = await setStatus(entry.id, 'approved');
    const fine = '{"minutes":30}';
    await unchanged(async () => {
      expectUnauthenticated(await change(anonymous, UNKNOWN_ID, '{"bad', plain), { credentials: false });
      expectProblem(await change(reader, UNKNOWN_ID, '{"bad', plain), 403, 'insufficient-scope');
      expectProblem(await change(owner, UNKNOWN_ID, '{"bad', plain), 415, 'unsupported-media-type');
      expectProblem(await change(owner, UNKNOWN_ID, '{"bad'), 400, 'malformed-json');
      expectProblem(await change(owner, UNKNOWN_ID, '{"bad":1}'), 422, 'validation');
      expectProblem(await change(owner, UNKNOWN_ID, '{"project":"NoSuchProject"}'), 422, 'validation');
      expectProblem(await change(owner, UNKNOWN_ID, fine), 404, 'not-found');
      expectProblem(await change(manager, entry.id, fine), 428, 'precondition-required');
      expectProblem(await change(manager, entry.id, fine, { 'If-Match': '"e1"' }), 412, 'version-mismatch');
      expectProblem(await change(manager, entry.id, fine, { 'If-Match': tag }), 403, 'not-yours');
      expectProblem(await change(owner, entry.id, fine), 428, 'precondition-required');
      expectProblem(await change(owner, entry.id, fine, { 'If-Match': '"e1"' }), 412, 'version-mismatch');
      expectProblem(await change(owner, entry.id, fine, { 'If-Match': tag }), 409, 'approved');
    });
  });

  test('413 comes before 415 and everything in the body', async () => {
    await unchanged(async () => expectNginxProblem(await ann.postText('x'.repeat(70000), plain), 413));
  });

  test('422 comes before 409: a closed project does not hide a bad date', async () => {
    await refused('{"date":"1999-12-31","project":"BAKERY","minutes":1}', (reply) =>
      expectFaults(reply, { '/date': 'range' }),
    );
  });

  test('no refusal tells about the inside', async () => {
    const replies = [await ann.postText('{"date":"x'), await ann.get(`${LIST}/1`), await ann.get(`${LIST}?limit=x`)];
    for (const reply of replies) {
      assert.doesNotMatch(
        reply.text,
        new RegExp(`${stack.TS_STACK_DIR}|${stack.TS_DB_NAME}\\.|errno|0x[0-9a-f]{6}`, 'i'),
      );
    }
  });
});

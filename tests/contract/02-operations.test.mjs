// Every operation of the document: requests that fit it, and requests with one thing wrong.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import fc from 'fast-check';
import { anonymous, Caller, EVERY_SCOPE, newPerson, personClaims, work } from '../integration/lib/caller.mjs';
import { stack } from '../integration/lib/stack.mjs';
import { demoToken, mint } from '../integration/lib/tenant.mjs';
import { ask, property } from './lib/fuzz.mjs';
import { operations } from './lib/operations.mjs';
import { at, invalid, textFits, valid, WEEK_PATTERN } from './lib/values.mjs';

// What a schema can say; beside these stand rules about several members, dates and rows.
const OF_DOCUMENT = new Set(['type', 'unknown', 'length', 'value', 'read-only', 'encoding', 'duplicate']);

let all; // somebody with every scope
let colleague; // somebody else, whose entries can be decided
let machine; // a client with every scope
let project; // one that may be closed and opened
let source; // one that may be given to other clients
let upload; // the number of an upload of the machine's
const SOURCE = 'contractor-tool'; // of the demo data, the machine's
const PROJECT = 'StoreZero'; // what examples name

before(async () => {
  [all, colleague] = await Promise.all([newPerson({ scopes: EVERY_SCOPE }), newPerson()]);
  const payload = {
    sub: `${stack.TS_MACHINE_CLIENT_ID}@clients`,
    gty: 'client-credentials',
    scope: EVERY_SCOPE.join(' '),
    permissions: EVERY_SCOPE,
  };
  machine = new Caller(await mint({ as: 'machine', payload }));
  project = (await all.send('POST', '/api/projects', { json: { code: `FUZZ-${Date.now()}`, name: 'Fuzz' } })).json.code;
  source = (await all.send('POST', '/api/sources', { json: { name: `fuzz-${Date.now()}`, client_id: 'fuzz' } })).json
    .name;
  await colleague.get('/api/me'); // so that rows may name them
  const row = { user_id: colleague.email, external_id: `fuzz-${Date.now()}`, ...work({ date: '2010-05-06' }) };
  upload = (await machine.send('POST', '/api/timesheets/upload', { json: [row] })).json.upload_id;
});

after(async () => {
  const headers = { 'If-Match': '*' };
  await all.send('PUT', '/api/periods/lock', { json: { locked_through: null }, headers });
});

// --- something that is there ---------------------------------------------------------------------------
const personId = async (caller) => String((await caller.get('/api/me')).json.person_id);
const idOf = async (caller, more) =>
  String((await caller.post(work({ date: '2010-05-06', minutes: 1, ...more }))).json.id);

/** Path parameters that lead somewhere, where that can be made. */
async function existing(op) {
  const [, first] = op.template.split('/');
  if (first === 'timesheets') return { id: await idOf(all, { status: 'draft' }) };
  if (first === 'approvals') return { id: await idOf(colleague) };
  if (first === 'people') return { id: await personId(colleague) };
  if (first === 'projects') return { code: project };
  if (first === 'uploads') return { id: String(upload) };
  if (first === 'sources') return { name: source };
  return {};
}

// --- requests ----------------------------------------------------------------------------------------------
const record = (parameters) =>
  fc.record(Object.fromEntries(parameters.map(({ name, pointer }) => [name, valid(pointer).map(String)])));

/** Those that are needed and a few others. */
const texts = (parameters) =>
  fc
    .subarray(
      parameters.filter(({ required }) => !required),
      { maxLength: Math.min(2, parameters.filter(({ required }) => !required).length) },
    )
    .chain((some) => record([...parameters.filter(({ required }) => required), ...some]));

const keys = fc.option(fc.stringMatching(/^[A-Za-z0-9_-]{20,30}$/), { nil: undefined, freq: 3 });

/** What a request that fits an operation is made of. */
const fitting = (op) =>
  fc.record({
    path: texts(op.path).filter((path) => Object.values(path).every((text) => !/^\.{1,2}$/.test(text))),
    query: texts(op.query).map((query) => ('source' in query ? { ...query, source: SOURCE } : query)),
    body: op.body ? valid(op.body.pointer) : fc.constant(undefined),
    tag: fc.constantFrom('*', '"e1"', 'W/"e1"', '"w0", "e2"', '"nothing"'),
    key: keys,
    there: fc.boolean(),
  });

function address(op, path, query) {
  const filled = op.template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name]));
  const text = new URLSearchParams(query).toString();
  return `/api${filled}${text && `?${text}`}`;
}

function headersOf(op, { tag, key, body }, caller) {
  const takes = (name) => op.headers.some((header) => header.name === name);
  return {
    ...(caller?.token && { Authorization: `Bearer ${caller.token}` }),
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...(takes('If-Match') && tag && { 'If-Match': tag }),
    ...(takes('If-None-Match') && tag !== '*' && { 'If-None-Match': tag }),
    ...(takes('Idempotency-Key') && key && { 'Idempotency-Key': key }),
  };
}

async function askFor(op, parts, caller, more = {}) {
  const asGiven = parts.path;
  const needed = op.method !== 'GET' && (asGiven.code === PROJECT || asGiven.name === SOURCE); // by the others
  const path = { ...asGiven, ...(parts.there || needed ? await existing(op) : {}) };
  const body = parts.body === undefined ? undefined : JSON.stringify(parts.body);
  return ask(op.method, address(op, path, parts.query), {
    headers: { ...headersOf(op, parts, caller), ...more.headers },
    body: 'body' in more ? more.body : body,
  });
}

/** A refusal of something that fits the document may only be for what a schema cannot say. */
function checkFits(op, parts, reply) {
  assert.ok(![400, 405, 406, 413, 415].includes(reply.status), `refused: ${reply.status} ${reply.text}`);
  if (reply.status !== 422) return;
  for (const { pointer, code, detail } of reply.json.errors ?? []) {
    // some booleans may only be true, or only false; a text may be a list with rules of its own
    const half = typeof at(`#${pointer}`, parts.body) === 'boolean' || (code === 'value' && pointer.startsWith('?'));
    assert.ok(
      half || !OF_DOCUMENT.has(code),
      `${op.name} fits the document and is refused: ${pointer} ${code} ${detail}`,
    );
  }
}

function checkRefused(op, reply) {
  const rejected = op.body?.rows && (reply.json.rejected > 0 || reply.json.rows?.some(({ problem }) => problem));
  const refused = [400, 422].includes(reply.status) || rejected;
  assert.ok(refused, `${op.name} takes what the document forbids: ${reply.status} ${reply.text.slice(0, 400)}`);
}

// --- properties ----------------------------------------------------------------------------------------------
const secured = operations.filter(({ scopes }) => scopes.length > 0);
const bodied = operations.filter(({ body }) => body);
const asked = operations.filter(({ query }) => query.length > 0);
const share = (part, list) => part / Math.max(1, list.length);

const canCall = (op) => {
  if (op.scopes.length === 0) return anonymous;
  return op.body?.rows || op.template.startsWith('/uploads') ? machine : all;
};

describe('a request that fits is not refused for its form', () => {
  for (const op of operations) {
    property(op.name, share(0.4, operations), fitting(op), async (parts) =>
      checkFits(op, parts, await askFor(op, parts, canCall(op))),
    );
  }
});

describe('a body with something wrong is refused: 400 or 422', () => {
  for (const op of bodied) {
    const parts = fc.tuple(fitting(op), invalid(op.body.pointer));
    property(`${op.name}, body`, share(0.2, bodied), parts, async ([good, body]) =>
      checkRefused(op, await askFor(op, { ...good, body }, canCall(op))),
    );
  }
});

// Texts that are no JSON value, or none that is taken.
const brokenJson = fc.oneof(
  fc.constantFrom(
    '{',
    '[1',
    '{"a":1,"a":1}',
    '{"note":"\u0000"}',
    'nul',
    '{"minutes":NaN}',
    '{"a":1}}',
    "{'a':1}",
    '\u001f',
  ),
  fc.constant(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
  fc.constant('['.repeat(40) + ']'.repeat(40)),
);

describe('a body that is not JSON is 400, one of another type 415', () => {
  for (const op of bodied) {
    property(`${op.name}, text`, share(0.05, bodied), fc.tuple(fitting(op), brokenJson), async ([good, body]) => {
      const json = { 'Content-Type': 'application/json' };
      checkRefused(op, await askFor(op, good, canCall(op), { body, headers: json }));
    });
    const types = fc.constantFrom('text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'json', '*/*');
    property(`${op.name}, type`, share(0.02, bodied), fc.tuple(fitting(op), types), async ([good, type]) => {
      const reply = await askFor(op, good, canCall(op), { body: '{}', headers: { 'Content-Type': type } });
      assert.equal(reply.status, 415, reply.text);
    });
  }
});

describe('a query with something wrong is 422', () => {
  for (const op of asked) {
    const wrong = fc
      .tuple(
        fc.constantFrom(...op.query),
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('0', '-1', '1e3', '2026-13-01', '')),
      )
      .filter(([{ pointer }, text]) => text.isWellFormed() && textFits(pointer, at(pointer), text) === false);
    property(`${op.name}, query`, share(0.1, asked), fc.tuple(fitting(op), wrong), async ([good, [{ name }, text]]) => {
      const reply = await askFor(op, { ...good, query: { ...good.query, [name]: text } }, canCall(op));
      assert.equal(reply.status, 422, `?${name}=${text} is taken: ${reply.text.slice(0, 300)}`);
    });
  }
  for (const op of operations) {
    property(`${op.name}, unknown parameter`, share(0.02, operations), fitting(op), async (parts) => {
      const reply = await askFor(op, { ...parts, query: { ...parts.query, nothing: '1' } }, canCall(op));
      assert.equal(reply.status, 422, reply.text.slice(0, 300));
    });
  }
});

describe('an address with something wrong is not found', () => {
  // A name may be any text; a number or a week may not.
  const strict = ({ schema }) => schema.type === 'integer' || schema.pattern === WEEK_PATTERN;
  for (const op of operations.filter(({ path }) => path.some(strict))) {
    const bad = fc
      .tuple(
        fc.constantFrom(...op.path.filter(strict)),
        fc.oneof(
          fc.string({ unit: 'grapheme', minLength: 1 }),
          fc.constantFrom('0', '-1', 'x', '1e3', '99999999999999999999', '2026-W60', '%00', ' '),
        ),
      )
      .filter(([{ pointer }, text]) => !/^\.{1,2}$|[/\\]/.test(text) && textFits(pointer, at(pointer), text) === false);
    property(
      `${op.name}, address`,
      0.03 / operations.length,
      fc.tuple(fitting(op), bad),
      async ([good, [{ name }, text]]) => {
        const reply = await askFor(op, { ...good, there: false, path: { ...good.path, [name]: text } }, canCall(op));
        assert.ok(
          [404, 405, 422].includes(reply.status),
          `${reply.request}: ${reply.status} ${reply.text.slice(0, 300)}`,
        );
      },
    );
  }
});

describe('headers with something wrong are refused', () => {
  for (const op of operations) {
    const takes = (name) => op.headers.some((header) => header.name === name);
    if (takes('Idempotency-Key')) {
      const keysThatAreNone = fc.constantFrom(
        'short',
        'x'.repeat(65),
        'with space and more',
        'ümlaut-ümlaut-ümlaut',
        'a,b,c,d,e,f,g,h,i,j',
      );
      property(
        `${op.name}, key`,
        share(0.01, operations),
        fc.tuple(fitting(op), keysThatAreNone),
        async ([good, key]) => {
          const reply = await askFor(op, good, canCall(op), {
            headers: { 'Idempotency-Key': Buffer.from(key).toString('latin1') },
          });
          assert.equal(reply.status, 400, reply.text);
        },
      );
    }
    if (op.headers.some(({ name, required }) => name === 'If-Match' && required)) {
      property(`${op.name}, no If-Match`, share(0.02, operations), fitting(op), async (good) => {
        const reply = await askFor(op, { ...good, tag: undefined, there: true }, canCall(op));
        assert.ok(reply.status >= 400 && reply.status !== 412, `${reply.status} ${reply.text}`);
      });
    }
  }
});

describe('nobody comes in without a token, or with one that lacks the scope', () => {
  const broken = fc.constantFrom(
    undefined,
    'Bearer',
    'Bearer x',
    'Bearer a.b.c',
    'Basic dXNlcjpwYXNz',
    'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.',
  );
  for (const op of secured) {
    property(
      `${op.name}, no token`,
      share(0.03, secured),
      fc.tuple(fitting(op), broken),
      async ([parts, credentials]) => {
        const headers = credentials && { Authorization: credentials };
        assert.equal((await askFor(op, { ...parts, there: false }, undefined, { headers })).status, 401);
      },
    );
    const others = EVERY_SCOPE.filter((scope) => !op.scopes.includes(scope));
    property(
      `${op.name}, other scopes`,
      share(0.03, secured),
      fc.tuple(fitting(op), fc.subarray(others)),
      async ([parts, scopes]) => {
        const caller = new Caller(await mint({ payload: personClaims({ scopes }) }));
        const reply = await askFor(op, { ...parts, there: false }, caller);
        assert.equal(reply.status, 403, reply.text);
        assert.equal(reply.json.type, '/api/docs#insufficient-scope');
      },
    );
  }
  for (const op of secured.filter(({ persons }) => persons)) {
    property(`${op.name}, machine`, share(0.02, secured), fitting(op), async (parts) => {
      const reply = await askFor(op, { ...parts, there: false }, machine);
      const early = [400, 413, 415, 422].includes(reply.status); // the form is looked at first
      assert.ok(early || (reply.status === 403 && reply.json.type === '/api/docs#person-required'), reply.text);
    });
  }
});

describe('roles of the tenant', () => {
  for (const role of ['employee', 'contractor', 'manager', 'admin', 'nobody', 'machine']) {
    property(
      `${role}: every operation is open or refused as its scopes say`,
      0.02,
      fc.constantFrom(...secured).chain((op) => fc.tuple(fc.constant(op.name), fitting(op))),
      async ([name, parts]) => {
        const op = secured.find((candidate) => candidate.name === name);
        const token = await demoToken(role);
        const { scope = '' } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
        const may = scope.split(' ').some((word) => op.scopes.includes(word));
        // A demo account's own data stay as they are: a write is asked for without the version it needs.
        const reply = await askFor(
          op,
          { ...parts, there: false },
          new Caller(token),
          op.method === 'GET' ? {} : { headers: { 'Idempotency-Key': 'x' } },
        );
        const refused = reply.status === 403 && reply.json.type === '/api/docs#insufficient-scope';
        assert.equal(refused && !(op.method === 'GET' && may), !may, `${reply.status} ${reply.text}`);
      },
    );
  }
});

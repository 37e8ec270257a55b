// Which tokens are let in, and how the others are refused. Each refused token tries to store an entry,
// and nothing may be stored.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  anonymous,
  Caller,
  CREATE,
  DELETE,
  EMPLOYEE,
  EVERY_SCOPE,
  LIST,
  newPerson,
  newSub,
  personClaims,
  READ,
  work,
} from './lib/caller.mjs';
import { expectNginxProblem, expectNoScope, expectProblem, expectStatus, expectUnauthenticated } from './lib/check.mjs';
import { one, query, unchanged } from './lib/database.mjs';
import { send } from './lib/http.mjs';
import { stack } from './lib/stack.mjs';
import { demoToken, headerOf, jwksStats, mint } from './lib/tenant.mjs';

const LEEWAY_S = 30;
const now = () => Math.floor(Date.now() / 1000);
const text = JSON.stringify(work());
const json = { 'Content-Type': 'application/json' };

const post = (authorization) =>
  send('POST', LIST, {
    body: text,
    headers: { ...json, ...(authorization !== undefined && { Authorization: authorization }) },
  });

/** A token of a new person; `more` goes to the tenant, `payload` over the claims. */
const token = ({ payload, ...more } = {}) => mint({ payload: { ...personClaims(), ...payload }, ...more });

const refused = (authorization, options) =>
  unchanged(async () => expectUnauthenticated(await post(authorization), options));
const refusedToken = async (parameters) => refused(`Bearer ${await token(parameters)}`);
const acceptedToken = async (parameters) => expectStatus(await post(`Bearer ${await token(parameters)}`), 201);

/** One test for each row: its name, and what goes to the tenant (or a function that makes it). */
function eachRefused(cases) {
  for (const [name, parameters] of Object.entries(cases)) {
    test(`${name}: 401`, async () => refusedToken(typeof parameters === 'function' ? await parameters() : parameters));
  }
}

function eachAccepted(cases) {
  for (const [name, parameters] of Object.entries(cases)) {
    test(`${name}: accepted`, async () =>
      acceptedToken(typeof parameters === 'function' ? await parameters() : parameters));
  }
}

describe('where the token stands', () => {
  test('no token: 401 with a bare challenge, for every method and address that needs one', async () => {
    await unchanged(async () => {
      for (const [method, path] of [
        ['GET', LIST],
        ['POST', LIST],
        ['GET', `${LIST}/1`],
        ['PATCH', `${LIST}/1`],
        ['DELETE', `${LIST}/1`],
        ['GET', '/api/projects'],
        ['GET', '/api/me'],
      ]) {
        expectUnauthenticated(await anonymous.send(method, path, method === 'GET' ? {} : { body: text }), {
          credentials: false,
        });
      }
    });
  });

  test('two Authorization headers: refused before a worker is asked', async () => {
    const good = await token();
    await unchanged(async () => expectNginxProblem(await post([`Bearer ${good}`, `Bearer ${good}`]), 400));
  });

  test('in the query, a cookie or the body: not looked at', async () => {
    const good = await token();
    await unchanged(async () => {
      for (const [path, headers, body] of [
        [`${LIST}?access_token=${good}`, json, text],
        [LIST, { ...json, Cookie: `access_token=${good}; token=${good}` }, text],
        [LIST, { 'Content-Type': 'application/x-www-form-urlencoded' }, `access_token=${good}`],
        [LIST, { ...json, 'X-Authorization': `Bearer ${good}`, 'X-Forwarded-User': 'ann', 'X-User': 'ann' }, text],
      ]) {
        expectUnauthenticated(await send('POST', path, { headers, body }), { credentials: false });
      }
    });
  });

  test('another scheme: 401', async () => {
    const good = await token();
    for (const value of [
      `Basic ${Buffer.from('ann:secret').toString('base64')}`,
      `Token ${good}`,
      `JWT ${good}`,
      good,
      'Bearer',
      `Bearer:${good}`,
    ]) {
      await refused(value);
    }
  });

  test('the scheme in any letter case and several spaces: accepted', async () => {
    for (const scheme of ['bearer ', 'BEARER ', 'BeArEr ', 'Bearer   '])
      expectStatus(await post(`${scheme}${await token()}`), 201);
  });

  test('more than one token, or characters that no token has: 401', async () => {
    const good = await token();
    for (const value of [
      `${good} ${good}`,
      `${good},${good}`,
      `"${good}"`,
      `${good};`,
      `\t${good}`,
      `${good}\u00e9`,
      `${good}%20`,
    ]) {
      await refused(`Bearer ${value}`);
    }
  });
});

describe('the shape of the token', () => {
  test('parts missing, empty or too many: 401', async () => {
    const [header, payload, signature] = (await token()).split('.');
    for (const value of [
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}..${signature}`,
      `.${payload}.${signature}`,
      `${header}.${payload}.${signature}.`,
      `${header}.${payload}.${signature}.${signature}`,
      `${header}.${payload}..${signature}`,
      '..',
      'a',
      header,
    ]) {
      await refused(`Bearer ${value}`);
    }
  });

  test('padding, other alphabets and unused bits that are not zero: 401', async () => {
    const good = await token();
    const [header, payload, signature] = good.split('.');
    const next = String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1);
    for (const value of [
      `${good}=`,
      `${good}==`,
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}==.${signature}`,
      `${header}.${payload}.${signature.slice(0, -1)}${next}`, // decodes to the same bytes where nobody looks
      `${header}.${payload}.${signature.slice(0, -1)}`,
      `${header}.${payload}.${signature}A`,
      `${header}.${payload}.${signature}AAAA`,
      `${header}.${payload}.${signature.slice(0, 8)}~${signature.slice(8)}`,
      `${header}.${payload}.${signature.slice(0, 8)}+/${signature.slice(10)}`,
    ]) {
      await refused(`Bearer ${value}`);
    }
  });

  test('one bit of any part changed: 401', async () => {
    const parts = (await token()).split('.');
    for (const index of [0, 1, 2]) {
      const bytes = Buffer.from(parts[index], 'base64url');
      bytes[bytes.length >> 1] ^= 1;
      const changed = parts.with(index, bytes.toString('base64url'));
      await refused(`Bearer ${changed.join('.')}`);
    }
  });

  test('a token of 7 KB: accepted; of more than 8 KB: refused', async () => {
    const padded = (length) => token({ payload: { padding: 'x'.repeat(length) } });
    expectStatus(await post(`Bearer ${await padded(4700)}`), 201);
    const long = await padded(6200);
    assert.ok(long.length > 8192);
    await unchanged(async () => expectNginxProblem(await post(`Bearer ${long}`), 431));
  });
});

describe('the algorithm', () => {
  eachRefused({
    'alg none with an empty signature': { alg: 'none' },
    'alg None': { alg: 'none', header: { alg: 'None' } },
    'alg nOnE with a signature': { header: { alg: 'nOnE' } },
    'alg none with a good signature': { header: { alg: 'none' } },
    'HS256 keyed with the public key': { alg: 'HS256-public-pem' },
    'HS256 keyed with the public key, called RS256': { alg: 'HS256-public-pem', header: { alg: 'RS256' } },
    'hs256 in small letters': { alg: 'HS256-public-pem', header: { alg: 'hs256' } },
    'RS384, rightly signed': { alg: 'RS384' },
    'RS512, rightly signed': { alg: 'RS512' },
    'PS256, rightly signed': { alg: 'PS256' },
    'an RS384 signature called RS256': { alg: 'RS384', header: { alg: 'RS256' } },
    'a PS256 signature called RS256': { alg: 'PS256', header: { alg: 'RS256' } },
    'rs256 in small letters': { header: { alg: 'rs256' } },
    'alg with a space': { header: { alg: 'RS256 ' } },
    'alg as an array': { header: { alg: ['RS256'] } },
    'alg null': { header: { alg: null } },
    'no alg': { omit_header: ['alg'] },
  });
});

describe('the header', () => {
  const other = { kty: 'RSA', n: 'sXch', e: 'AQAB' };

  eachRefused({
    crit: { header: { crit: ['exp'] } },
    'an empty crit': { header: { crit: [] } },
    'b64 false': { header: { b64: false } },
    'b64 true': { header: { b64: true } },
    'typ of an ID token': { header: { typ: 'id_token' } },
    'typ of another kind': { header: { typ: 'application/jwt' } },
    'typ empty': { header: { typ: '' } },
    'typ null': { header: { typ: null } },
    'typ a number': { header: { typ: 1 } },
    'no kid': { omit_header: ['kid'] },
    'an empty kid': { header: { kid: '' } },
    'kid a number': { header: { kid: 5 } },
    'kid null': { header: { kid: null } },
    'a kid nobody published': { header: { kid: 'nobody-has-this-key' } },
    'a kid of 128 bytes that nobody published': { header: { kid: 'k'.repeat(128) } },
    'a kid of 129 bytes': { header: { kid: 'k'.repeat(129) } },
    'a kid that looks like a path': { header: { kid: '../../../dev/null' } },
    'a kid that looks like SQL': { header: { kid: "' OR 1=1 --" } },
    'a foreign key under its own kid': { key: 'foreign' },
    'a foreign key under the kid of ours': async () => ({
      key: 'foreign',
      header: { kid: headerOf(await token()).kid },
    }),
    'a foreign key that the header brings along': async () => ({
      key: 'foreign',
      header: { kid: headerOf(await token()).kid, jwk: other, jku: `${stack.TS_JWKS_URL}`, x5c: ['MIIB'] },
    }),
    'alg given twice': async () => ({
      raw_header: `{"alg":"RS256","typ":"JWT","alg":"RS256","kid":"${headerOf(await token()).kid}"}`,
    }),
    'kid given twice': async () => {
      const { kid } = headerOf(await token());
      return { raw_header: `{"alg":"RS256","kid":"${kid}","kid":"${kid}"}` };
    },
    'kid twice, once spelt with an escape': async () => {
      const { kid } = headerOf(await token());
      return { raw_header: `{"alg":"RS256","kid":"${kid}","\\u006bid":"${kid}"}` };
    },
    'a header that is an array': { raw_header: '["RS256"]' },
    'a header that is no JSON': { raw_header: "{'alg':'RS256'}" },
    'text after the header': async () => ({ raw_header: `{"alg":"RS256","kid":"${headerOf(await token()).kid}"} {}` }),
  });

  eachAccepted({
    'typ absent': { omit_header: ['typ'] },
    'typ jwt in small letters': { header: { typ: 'jwt' } },
    'typ at+jwt': { header: { typ: 'at+jwt' } },
    'typ AT+JWT': { header: { typ: 'AT+JWT' } },
    'typ application/at+jwt': { header: { typ: 'application/at+jwt' } },
  });

  test('jwk, jku, x5u, x5c and x5t beside a good signature: accepted, and nothing is fetched for them', async () => {
    const before = await jwksStats();
    const moved = `${stack.TS_TENANT_URL}.well-known/jwks-moved.json`;
    await acceptedToken({ header: { jwk: other, jku: moved, x5u: moved, x5c: ['MIIB'], x5t: 'abc' } });
    assert.equal((await jwksStats()).redirected, before.redirected);
  });
});

describe('issuer and audience', () => {
  const other = (issuer) => ({ payload: { iss: issuer } });
  const audience = (aud) => ({ payload: { aud } });

  eachRefused({
    'iss without its slash': other(stack.TS_ISSUER.slice(0, -1)),
    'iss in capitals': other(stack.TS_ISSUER.toUpperCase()),
    'iss with more behind it': other(`${stack.TS_ISSUER}x`),
    'iss of another tenant': other('https://example.eu.auth0.com/'),
    'iss in an array': other([stack.TS_ISSUER]),
    'iss null': other(null),
    'no iss': { omit: ['iss'] },
    'aud of another API': audience('https://api.other.example/'),
    'aud without its slash': audience(stack.TS_AUDIENCE.slice(0, -1)),
    'aud with more behind it': audience(`${stack.TS_AUDIENCE}x`),
    'aud of two APIs in one text': audience(`${stack.TS_AUDIENCE} https://api.other.example/`),
    'aud an array of others': audience(['https://api.other.example/', `${stack.TS_ISSUER}userinfo`]),
    'aud an empty array': audience([]),
    'aud an empty text': audience(''),
    'aud null': audience(null),
    'aud a number': audience(7),
    'aud an object': audience({ 0: stack.TS_AUDIENCE }),
    'aud an array that holds more than texts': audience([stack.TS_AUDIENCE, 7]),
    'aud the client, as in an ID token': audience(stack.TS_SPA_CLIENT_ID),
    'no aud': { omit: ['aud'] },
  });

  eachAccepted({
    'aud one text': audience(stack.TS_AUDIENCE),
    'aud an array of one': audience([stack.TS_AUDIENCE]),
    'aud last of an array': audience(['https://api.other.example/', stack.TS_AUDIENCE]),
  });
});

describe('times', () => {
  const at = (claim, value) => () => ({ payload: { [claim]: typeof value === 'function' ? value() : value } });
  const raw = (exp) => () => ({
    raw_payload: JSON.stringify({
      ...personClaims(),
      iss: stack.TS_ISSUER,
      aud: stack.TS_AUDIENCE,
      azp: stack.TS_SPA_CLIENT_ID,
      exp: 'HERE',
    }).replace('"HERE"', exp),
  });

  eachRefused({
    'no exp': { omit: ['exp'] },
    'exp a minute ago': at('exp', () => now() - 60),
    'exp just past the leeway': at('exp', () => now() - LEEWAY_S - 1),
    'exp as text': at('exp', () => String(now() + 300)),
    'exp null': at('exp', null),
    'exp true': at('exp', true),
    'exp an array': at('exp', () => [now() + 300]),
    'exp below zero': at('exp', -1),
    'exp after the year 9999': at('exp', 253402300800),
    'exp beyond 64 bits': raw('99999999999999999999999'),
    'exp that is no finite number': raw('1e400'),
    'exp NaN': raw('NaN'),
    'exp Infinity': raw('Infinity'),
    'nbf in the future': at('nbf', () => now() + 60),
    'nbf as text': at('nbf', () => String(now() - 60)),
    'nbf below zero': at('nbf', -5),
    'iat in the future': at('iat', () => now() + 60),
    'iat as text': at('iat', () => String(now())),
    'iat null': at('iat', null),
    'iat after the year 9999': at('iat', 1e15),
  });

  eachAccepted({
    'exp within the leeway': at('exp', () => now() - LEEWAY_S + 10),
    'exp with a fraction': at('exp', () => now() + 100.25),
    'exp at the end of the year 9999': at('exp', 253402300799),
    'exp with an exponent': raw('2.5e11'),
    'nbf within the leeway': at('nbf', () => now() + LEEWAY_S - 10),
    'nbf with a fraction, in the past': at('nbf', () => now() - 0.5),
    'iat within the leeway': at('iat', () => now() + LEEWAY_S - 10),
    'no iat': { omit: ['iat'] },
  });

  test('a token that was good is refused once it has expired, also where it was remembered', async () => {
    const payload = personClaims();
    const seconds = 2;
    const ann = new Caller(await mint({ payload: { ...payload, exp: now() - LEEWAY_S + seconds } }), payload);
    const replies = [];
    const deadline = Date.now() + (seconds + 5) * 1000;
    while (replies.at(-1)?.status !== 401 && Date.now() < deadline) replies.push(await ann.get('/api/me'));
    assert.equal(replies[0].status, 200);
    expectUnauthenticated(replies.at(-1));
  });
});

describe('the subject', () => {
  eachRefused({
    'no sub': { omit: ['sub'] },
    'sub empty': { payload: { sub: '' } },
    'sub null': { payload: { sub: null } },
    'sub a number': { payload: { sub: 12345 } },
    'sub of 256 bytes': { payload: { sub: 's'.repeat(256) } },
    'sub of 256 bytes in 128 characters': { payload: { sub: 'é'.repeat(128) } },
    'sub with a control character': { payload: { sub: 'auth0|a\u0007b' } },
    'sub with a line feed': { payload: { sub: 'auth0|a\nb' } },
    'sub with a NUL': { payload: { sub: 'auth0|a\u0000b' } },
    'sub with DEL': { payload: { sub: 'auth0|a\u007fb' } },
    'sub given twice': () => {
      const claims = {
        ...personClaims(),
        iss: stack.TS_ISSUER,
        aud: stack.TS_AUDIENCE,
        azp: stack.TS_SPA_CLIENT_ID,
        exp: now() + 60,
      };
      return { raw_payload: `${JSON.stringify(claims).slice(0, -1)},"sub":${JSON.stringify(claims.sub)}}` };
    },
  });

  test('sub of 255 bytes: accepted and stored whole', async () => {
    const sub = `${newSub()}|`.padEnd(255, 's');
    await acceptedToken({ payload: { ...personClaims({ sub, email: null }) } });
    assert.equal((await one('SELECT LENGTH(sub) AS n FROM person WHERE sub = ?', Buffer.from(sub))).n, 255);
  });
});

describe('claims as JSON', () => {
  const claims = () => ({
    ...personClaims(),
    iss: stack.TS_ISSUER,
    aud: stack.TS_AUDIENCE,
    azp: stack.TS_SPA_CLIENT_ID,
    exp: now() + 60,
  });
  const changed = (change) => () => ({ raw_payload: change(JSON.stringify(claims())) });

  eachAccepted({ 'the same claims written by the test itself': changed((same) => same) });

  eachRefused({
    'scope given twice': changed((whole) => `{"scope":"x",${whole.slice(1)}`),
    'aud given twice': changed((whole) => `${whole.slice(0, -1)},"aud":"x"}`),
    'exp twice, once spelt with an escape': changed((whole) => `${whole.slice(0, -1)},"e\\u0078p":9999999999}`),
    'the same name twice deeper down': changed((whole) => `${whole.slice(0, -1)},"x":{"a":1,"a":2}}`),
    'an array': () => ({ raw_payload: '[]' }),
    'a text': () => ({ raw_payload: '"sub"' }),
    'nothing but a space': () => ({ raw_payload: ' ' }),
    'text behind it': changed((whole) => `${whole}x`),
    'a second object behind it': changed((whole) => `${whole}{}`),
    'a NUL behind it': changed((whole) => `${whole}\u0000`),
    'a byte order mark before it': changed((whole) => `\ufeff${whole}`),
    'a comment': changed((whole) => `${whole.slice(0, -1)}/* x */}`),
    'a trailing comma': changed((whole) => `${whole.slice(0, -1)},}`),
    'single quotes': changed((whole) => `${whole.slice(0, -1)},'x':1}`),
    'a lone surrogate': changed((whole) => `${whole.slice(0, -1)},"x":"\\ud800"}`),
    'too deep': changed((whole) => `${whole.slice(0, -1)},"x":${'['.repeat(40)}${']'.repeat(40)}}`),
  });
});

describe('applications', () => {
  eachRefused({
    'azp of an application that is not on the list': { payload: { azp: 'TsSpa999999999999999999999999999' } },
    'client_id of an application that is not on the list': { omit: ['azp'], payload: { client_id: 'somebody-else' } },
    'neither azp nor client_id': { omit: ['azp'] },
    'azp the beginning of one on the list': { payload: { azp: stack.TS_SPA_CLIENT_ID.slice(0, -1) } },
    'azp a list': { payload: { azp: [stack.TS_SPA_CLIENT_ID] } },
    'azp the whole setting': { payload: { azp: `${stack.TS_SPA_CLIENT_ID},${stack.TS_MACHINE_CLIENT_ID}` } },
  });

  eachAccepted({
    'the dialect of RFC 9068 (at+jwt, client_id, jti)': {
      omit: ['azp'],
      header: { typ: 'at+jwt' },
      payload: { client_id: stack.TS_SPA_CLIENT_ID, jti: 'an-id' },
    },
  });
});

describe('scopes', () => {
  const allOf = (set) => set.join(' ');
  const scopes = (scope, permissions) => ({ payload: { scope, ...(permissions !== undefined && { permissions }) } });
  const plain = (scope) => ({ ...scopes(scope), omit: ['permissions'] });

  const refusedHere = (parameters) =>
    unchanged(async () => expectNoScope(await post(`Bearer ${await token(parameters)}`), CREATE));

  for (const [name, parameters] of Object.entries({
    'no scope at all': { omit: ['scope'] },
    'scope empty': scopes(''),
    'scope only for reading': scopes(READ),
    'scope an array': scopes(EMPLOYEE),
    'scope an object': scopes({ [CREATE]: true }),
    'scope a number': scopes(1),
    'scope null': scopes(null),
    'scope with more behind it': scopes(`${CREATE}x`),
    'scope with more before it': scopes(`x${CREATE}`),
    'scope the beginning only': scopes('create'),
    'scope in capitals': scopes(CREATE.toUpperCase()),
    'scope split by tabs': plain(`${READ}\t${CREATE}`),
    'scope split by commas': plain(`${READ},${CREATE}`),
    'scope with a wildcard': plain('*:timesheets create:*'),
    'permissions without it': scopes(CREATE, [READ]),
    'permissions empty': scopes(CREATE, []),
    'permissions null': scopes(CREATE, null),
    'permissions a text': scopes(CREATE, CREATE),
    'permissions an object': scopes(CREATE, { [CREATE]: true }),
    'permissions inside a text': scopes(CREATE, [`${CREATE} ${READ}`]),
    'permissions in capitals': scopes(CREATE, [CREATE.toUpperCase()]),
    'permissions with it, scope without': scopes(READ, EMPLOYEE),
    'every other scope': scopes(allOf(EVERY_SCOPE.filter((scope) => scope !== CREATE)), EVERY_SCOPE),
  })) {
    test(`${name}: 403, naming the scope`, () => refusedHere(parameters));
  }

  for (const [name, parameters] of Object.entries({
    'scope alone, where the token has no permissions': plain(CREATE),
    'permissions with it among other types': scopes(CREATE, [1, null, CREATE, { a: 1 }]),
    'scope split by two spaces': plain(`openid  ${CREATE}`),
    'a name twice': scopes(`${CREATE} ${CREATE}`),
  })) {
    test(`${name}: accepted`, () => acceptedToken(parameters));
  }

  test('each method needs its own scope', async () => {
    const owner = await newPerson();
    const { json: entry, etag } = await owner.post(work());
    const path = `${LIST}/${entry.id}`;
    const limited = async (...set) =>
      new Caller(await mint({ payload: personClaims({ sub: owner.sub, email: owner.email, scopes: set }) }));
    const [reader, writer, deleter] = [await limited(READ), await limited(CREATE), await limited(DELETE)];
    await unchanged(async () => {
      expectNoScope(await reader.patch(entry.id, { note: 'x' }, etag), CREATE);
      expectNoScope(await reader.delete(entry.id, etag), DELETE);
      expectNoScope(await writer.get(), READ);
      expectNoScope(await writer.get(path), READ);
      expectNoScope(await writer.delete(entry.id, etag), DELETE);
      expectNoScope(await deleter.get(path), READ);
      expectNoScope(await deleter.patch(entry.id, { note: 'x' }, etag), CREATE);
    });
    expectStatus(await reader.get(path), 200);
    const patched = expectStatus(await writer.patch(entry.id, { note: 'x' }, etag), 200);
    expectStatus(await deleter.delete(entry.id, patched.etag), 204);
  });

  test('the user without a role: 403 everywhere, and no person is made', async () => {
    const nora = new Caller(await demoToken('nobody'));
    await unchanged(async () => {
      expectNoScope(await nora.get(), READ);
      expectNoScope(await nora.post(work()), CREATE);
      expectNoScope(await nora.get('/api/projects'), READ);
      expectNoScope(await nora.get('/api/me'), EVERY_SCOPE.join(' '));
    });
  });
});

describe('machines', () => {
  const everything = { scope: EVERY_SCOPE.join(' '), permissions: EVERY_SCOPE };
  const kinds = {
    'by gty': { sub: newSub(), gty: 'client-credentials' },
    'by a sub that ends in @clients': { sub: `${stack.TS_MACHINE_CLIENT_ID}@clients` },
    'by a sub that equals azp': { sub: stack.TS_SPA_CLIENT_ID, azp: stack.TS_SPA_CLIENT_ID },
    'by a sub that equals client_id': { sub: stack.TS_MACHINE_CLIENT_ID, client_id: stack.TS_MACHINE_CLIENT_ID },
  };

  for (const [name, claims] of Object.entries(kinds)) {
    test(`${name}: only who-am-I is open, whatever the scopes`, async () => {
      const machine = new Caller(await mint({ payload: { ...personClaims(), ...everything, ...claims } }));
      await unchanged(async () => {
        const me = expectStatus(await machine.get('/api/me'), 200).json;
        assert.equal(me.type, 'machine');
        expectProblem(await machine.get(), 403, 'person-required');
        expectProblem(await machine.post(work()), 403, 'person-required');
        expectProblem(await machine.get(`${LIST}/1`), 403, 'person-required');
        expectProblem(await machine.patch(1, { note: 'x' }, '"e1"'), 403, 'person-required');
        expectProblem(await machine.delete(1, '"e1"'), 403, 'person-required');
        expectProblem(await machine.get('/api/projects'), 403, 'person-required');
      });
    });
  }

  test('a machine without the scope is told the scope', async () => {
    const machine = new Caller(await demoToken('machine'));
    await unchanged(async () => expectNoScope(await machine.post(work()), CREATE));
  });
});

describe('what comes first', () => {
  test('the token is looked at before the body: a bad body without a token is a 401, without the scope a 403', async () => {
    const reader = await newPerson({ scopes: [READ] });
    await unchanged(async () => {
      expectUnauthenticated(await send('POST', LIST, { body: '{"bad', headers: { 'Content-Type': 'text/plain' } }), {
        credentials: false,
      });
      expectNoScope(await reader.postText('{"bad', { 'Content-Type': 'text/plain' }), CREATE);
      expectNoScope(await reader.get(`${LIST}?nonsense=1`).then(() => reader.patch(1, 'nonsense')), CREATE);
    });
  });

  test('tokens appear in no log', async () => {
    const fs = await import('node:fs');
    const good = await token();
    await post(`Bearer ${good}`);
    await post(`Bearer ${good}x`);
    const needle = good.slice(-60);
    for (const file of [stack.TS_NGINX_ACCESS_LOG, stack.TS_NGINX_ERROR_LOG, stack.TS_API_LOG_1, stack.TS_API_LOG_2]) {
      assert.ok(!fs.readFileSync(file, 'utf8').includes(needle), file);
    }
    const stored = await query('SELECT COUNT(*) AS n FROM event WHERE LOCATE(?, after_json) > 0', needle);
    assert.equal(stored[0].n, 0);
  });
});

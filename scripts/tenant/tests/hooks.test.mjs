// The test hooks: tokens without a browser, tokens with faults, key rotation, a misbehaving key endpoint.
import assert from 'node:assert/strict';
import { createHmac, createPrivateKey, createPublicKey, createVerify } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { decodeJwt, decodeProtectedHeader, importJWK } from 'jose';
import { API, MACHINE_CLIENT, SPA_CLIENT } from '../seed.mjs';
import { Browser, FULL_SCOPE, send, Tenant } from './tenant.mjs';

let tenant;
before(async () => {
  tenant = await Tenant.start();
});
after(() => tenant.stop());
beforeEach(() => tenant.hook('jwks-fault', { mode: 'none' }));

const JWKS = '/.well-known/jwks.json';
const read = (name) => fs.readFileSync(path.join(tenant.state, name), 'utf8');
const kidOf = (token) => decodeProtectedHeader(token).kid;
const signatureFits = (token, publicKey) => {
  const [header, payload, signature] = token.split('.');
  return createVerify('RSA-SHA256').update(`${header}.${payload}`).verify(publicKey, signature, 'base64url');
};

async function mint(body) {
  const response = await tenant.hook('mint', body);
  assert.equal(response.status, 200, response.text);
  return response.json().access_token;
}

async function takeToken(body) {
  const response = await tenant.hook('token', body);
  assert.equal(response.status, 200, response.text);
  return response.json().access_token;
}

test('token: scope, lifetime and application can be chosen', async () => {
  const claims = decodeJwt(
    await takeToken({ as: 'manager', scope: 'read:timesheets admin:timesheets', ttl: -60, client: 'other' }),
  );
  assert.equal(claims.scope, 'openid profile email read:timesheets');
  assert.equal(claims.exp - claims.iat, -60);
  assert.equal(claims.azp, 'other');
  assert.equal(decodeJwt(await takeToken({ as: 'carl@contractors.example' })).sub, 'auth0|5f7c8ec7c33c6c004bbafe02');
});

test('mint: any claim and header over a base, with a good signature', async () => {
  const bare = decodeJwt(await mint({}));
  assert.deepEqual(Object.keys(bare).sort(), ['aud', 'azp', 'exp', 'iat', 'iss']);
  assert.equal(bare.exp - bare.iat, 300);
  const token = await mint({
    as: 'employee',
    payload: { sub: 7, scope: null, nbf: 12 },
    header: { typ: 'x', crit: ['b64'] },
    omit: ['aud', 'permissions'],
    omit_header: ['kid'],
  });
  const claims = decodeJwt(token);
  assert.equal(claims.sub, 7);
  assert.equal(claims.scope, null);
  assert.equal(claims.nbf, 12);
  assert.equal('aud' in claims || 'permissions' in claims, false);
  assert.equal(claims.azp, SPA_CLIENT);
  assert.deepEqual(decodeProtectedHeader(token), { alg: 'RS256', typ: 'x', crit: ['b64'] });
  assert.ok(signatureFits(token, createPublicKey(read('signing-key.pem'))));
  const machine = decodeJwt(await mint({ as: 'machine', payload: { scope: 'read:timesheets' } }));
  assert.equal(machine.sub, `${MACHINE_CLIENT}@clients`);
  assert.equal(machine.scope, 'read:timesheets');
});

test('mint: raw texts go in as they are', async () => {
  const token = await mint({ raw_payload: '{"sub":"a","sub":"b"}', raw_header: '{"alg":"RS256","alg":"none"}' });
  const [header, payload] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
  assert.equal(header, '{"alg":"RS256","alg":"none"}');
  assert.equal(payload, '{"sub":"a","sub":"b"}');
  assert.ok(signatureFits(token, createPublicKey(read('signing-key.pem'))));
});

test('mint: the algorithms of the classic attacks', async () => {
  const none = await mint({ as: 'employee', alg: 'none' });
  assert.match(none, /^[\w-]+\.[\w-]+\.$/);
  assert.equal(decodeProtectedHeader(none).alg, 'none');

  const confused = await mint({ as: 'employee', alg: 'HS256-public-pem' });
  assert.equal(decodeProtectedHeader(confused).alg, 'HS256');
  const pem = createPublicKey(read('signing-key.pem')).export({ type: 'spki', format: 'pem' });
  const [header, payload, signature] = confused.split('.');
  assert.equal(signature, createHmac('sha256', pem).update(`${header}.${payload}`).digest('base64url'));

  for (const alg of ['RS384', 'RS512', 'PS256']) {
    assert.equal(decodeProtectedHeader(await mint({ alg })).alg, alg);
  }
});

test('mint: a foreign key is never published', async () => {
  const token = await mint({ as: 'employee', key: 'foreign' });
  const { keys } = await tenant.jwks();
  assert.equal(
    keys.some(({ kid }) => kid === kidOf(token)),
    false,
  );
  const disguised = await mint({ as: 'employee', key: 'foreign', header: { kid: keys[0].kid } });
  assert.equal(kidOf(disguised), keys[0].kid);
  assert.equal(signatureFits(disguised, createPublicKey(read('signing-key.pem'))), false);
});

test('rotation: a login afterwards is signed with the new key, and nobody is logged out', async () => {
  const browser = new Browser();
  const scope = `${FULL_SCOPE} offline_access`;
  const old = (await tenant.codeLogin(browser, 'employee', { scope })).json();
  const oldKid = kidOf(old.access_token);

  const rotated = (await tenant.hook('rotate-keys')).json();
  assert.notEqual(rotated.kid, oldKid);
  assert.deepEqual(rotated.published, [rotated.kid, oldKid]);
  const set = await tenant.jwks();
  assert.deepEqual(
    set.keys.map(({ kid }) => kid),
    rotated.published,
  );
  for (const key of set.keys) assert.deepEqual(Object.keys(key).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
  await tenant.verify(old.access_token);

  const login = (await tenant.codeLogin(new Browser(), 'employee')).json();
  assert.equal(kidOf(login.access_token), rotated.kid);
  assert.equal(kidOf(login.id_token), rotated.kid);
  await tenant.verify(login.access_token);
  assert.equal(kidOf(await takeToken({ as: 'employee' })), rotated.kid);

  const renewed = await tenant.token({
    grant_type: 'refresh_token',
    client_id: SPA_CLIENT,
    refresh_token: old.refresh_token,
  });
  assert.equal(renewed.status, 200);
  assert.equal(kidOf(renewed.json().access_token), rotated.kid);
  const silent = await browser.open(tenant.authorizeUrl({ response_type: 'id_token token', prompt: 'none' }));
  assert.equal(kidOf(new URLSearchParams(silent.target.hash.slice(1)).get('access_token')), rotated.kid);

  assert.equal(read('signing-kid'), rotated.kid);
  assert.ok(signatureFits(login.access_token, createPublicKey(read('signing-key.pem'))));
});

test('rotation: the older key goes with the next rotation, or at once when retired', async () => {
  const first = (await tenant.hook('rotate-keys')).json();
  const second = (await tenant.hook('rotate-keys')).json();
  assert.deepEqual(second.published, [second.kid, first.kid]);
  const third = (await tenant.hook('rotate-keys', { retire: true })).json();
  assert.deepEqual(third.published, [third.kid]);
  assert.deepEqual(
    (await tenant.jwks()).keys.map(({ kid }) => kid),
    [third.kid],
  );
  assert.equal(kidOf(await mint({ as: 'employee', key: 'retired' })), second.kid);
  await assert.rejects(tenant.verify(await mint({ as: 'employee', key: 'retired' })), /no applicable key/);
});

test('rotation: simultaneous ones come one after the other', async () => {
  const answers = await Promise.all([1, 2, 3].map(() => tenant.hook('rotate-keys')));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  );
  const { keys } = await tenant.jwks();
  assert.equal(keys.length, 2);
  assert.equal(kidOf((await tenant.codeLogin(new Browser(), 'employee')).json().access_token), keys[0].kid);
  assert.equal(read('signing-kid'), keys[0].kid);
});

test('a retired key can only be used once there is one', async () => {
  const fresh = await Tenant.start();
  try {
    const response = await fresh.hook('mint', { key: 'retired' });
    assert.equal(response.status, 409);
  } finally {
    await fresh.stop();
  }
});

test('the key set may be cached and read by browsers', async () => {
  const response = await send(tenant.url(JWKS));
  assert.equal(response.status, 200);
  assert.match(response.headers['cache-control'], /^public, max-age=\d+/);
  assert.equal(response.headers['access-control-allow-origin'], '*');
  assert.equal((await importJWK(response.json().keys[0], 'RS256')).type, 'public');
});

test('jwks-stats counts requests, and a POST starts anew', async () => {
  assert.deepEqual((await tenant.hook('jwks-stats')).json(), { requests: 0, redirected: 0, mode: 'none' });
  await tenant.jwks();
  await tenant.jwks();
  assert.deepEqual((await send(tenant.url('/dev/jwks-stats'))).json(), { requests: 2, redirected: 0, mode: 'none' });
  await tenant.hook('jwks-stats');
  assert.equal((await send(tenant.url('/dev/jwks-stats'))).json().requests, 0);
});

const fetchFaulty = async (mode, options) => {
  assert.equal((await tenant.hook('jwks-fault', { mode })).status, 200);
  return send(tenant.url(JWKS), options);
};

test('jwks-fault: answers that differ', async () => {
  const good = await tenant.jwks();

  const redirect = await fetchFaulty('redirect');
  assert.equal(redirect.status, 302);
  const target = new URL(redirect.headers.location, tenant.issuer).href;
  await tenant.hook('jwks-stats');
  assert.deepEqual((await send(target)).json(), good);
  assert.equal((await send(tenant.url('/dev/jwks-stats'))).json().redirected, 1);

  const huge = await fetchFaulty('huge');
  assert.ok(huge.text.length > 5_000_000);
  assert.deepEqual(huge.json().keys, good.keys);

  assert.throws((await fetchFaulty('junk')).json, SyntaxError);
  assert.deepEqual((await fetchFaulty('empty')).json(), { keys: [] });

  const failing = await fetchFaulty('status500');
  assert.equal(failing.status, 500);
  assert.deepEqual(failing.json(), good);

  const twins = (await fetchFaulty('duplicate-kid')).json().keys;
  assert.equal(twins.length, 2 * good.keys.length);
  assert.equal(twins[0].kid, twins[1].kid);
  assert.notEqual(twins[0].n, twins[1].n);

  const small = (await fetchFaulty('small-key')).json().keys.at(-1);
  assert.equal(Buffer.from(small.n, 'base64url').length * 8, 1024);
  const token = await mint({ as: 'employee', key: 'small' });
  assert.equal(kidOf(token), small.kid);
  assert.ok(signatureFits(token, createPublicKey({ key: small, format: 'jwk' })));

  assert.deepEqual((await fetchFaulty('none')).json(), good);
});

test('jwks-fault: answers that do not come', async () => {
  await assert.rejects(fetchFaulty('down'), { code: 'ECONNRESET' });
  for (const mode of ['slow', 'trickle']) {
    await assert.rejects(fetchFaulty(mode, { signal: AbortSignal.timeout(700) }), { name: 'AbortError' }, mode);
  }
  assert.equal((await fetchFaulty('none')).status, 200);
});

test('hooks: mistakes are told', async () => {
  for (const [name, body, pattern] of [
    ['token', {}, /"as" is missing/],
    ['token', { as: 'somebody' }, /"as" must be one of/],
    ['token', { as: 'employee', scopes: 'x' }, /unknown member "scopes"/],
    ['token', { as: 'employee', scope: 'red:timesheets' }, /"scope" has a wrong value/],
    ['token', { as: 'machine', client: SPA_CLIENT }, /must be a machine client/],
    ['mint', { ttl: '5' }, /"ttl" has a wrong value/],
    ['mint', { key: 'lost' }, /"key" has a wrong value/],
    ['mint', { alg: 'toString' }, /"alg" has a wrong value/],
    ['mint', { payload: [] }, /"payload" has a wrong value/],
    ['rotate-keys', { retire: 'yes' }, /"retire" has a wrong value/],
    ['jwks-fault', { mode: 'broken' }, /"mode" must be one of/],
    ['token', [], /must be a JSON object/],
  ]) {
    const response = await tenant.hook(name, body);
    assert.equal(response.status, 400, `${name} ${JSON.stringify(body)}`);
    assert.match(response.json().error, pattern);
  }
  assert.equal((await tenant.hook('nothing')).status, 404);
  assert.equal((await send(tenant.url('/dev/token'))).status, 405);
  assert.equal((await send(tenant.url('/dev/token'), { body: '{', type: 'text/plain' })).status, 400);
});

test('hooks: web pages may not use them', async () => {
  const headers = { origin: 'https://localhost:8443' };
  const response = await send(tenant.url('/dev/token'), { json: { as: 'admin' }, headers });
  assert.equal(response.status, 403);
  assert.equal(response.headers['access-control-allow-origin'], undefined);
});

test('the signing key in the state folder is the current one, PKCS#8', async () => {
  const pem = read('signing-key.pem');
  assert.match(pem, /^-----BEGIN PRIVATE KEY-----\n/);
  assert.ok(signatureFits(await takeToken({ as: 'employee' }), createPublicKey(createPrivateKey(pem))));
  assert.equal(read('signing-kid'), (await tenant.jwks()).keys[0].kid);
  assert.equal(decodeJwt(await takeToken({ as: 'employee' })).aud[0], API);
});

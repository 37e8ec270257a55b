// The flows that applications use, against a real server over TLS.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeJwt } from 'jose';
import {
  API,
  API_SCOPES,
  MACHINE_CLIENT,
  MACHINES,
  NAMESPACE,
  permissionsOf,
  SPA_CLIENT,
  UNGRANTED_CLIENT,
  USERS,
} from '../seed.mjs';
import { Browser, CALLBACK, FULL_SCOPE, ORIGIN, send, Tenant } from './tenant.mjs';

const OFFLINE_SCOPE = `${FULL_SCOPE} offline_access`;
const employeeRights = ['read:timesheets', 'create:timesheets', 'delete:timesheets'];

let tenant;
before(async () => {
  tenant = await Tenant.start();
});
after(() => tenant.stop());

const refresh = (token, extra) =>
  tenant.token({ grant_type: 'refresh_token', client_id: SPA_CLIENT, refresh_token: token, ...extra });

test('discovery names the addresses of Auth0', async () => {
  const response = await send(tenant.url('/.well-known/openid-configuration'));
  assert.equal(response.status, 200);
  const found = response.json();
  assert.equal(found.issuer, tenant.issuer);
  assert.equal(found.authorization_endpoint, tenant.url('/authorize'));
  assert.equal(found.token_endpoint, tenant.url('/oauth/token'));
  assert.equal(found.jwks_uri, tenant.url('/.well-known/jwks.json'));
  assert.equal(found.end_session_endpoint, tenant.url('/oidc/logout'));
});

test('code with PKCE: the login form leads to tokens in the shape of Auth0', async () => {
  const response = await tenant.codeLogin(new Browser(), 'employee');
  assert.equal(response.status, 200);
  const body = response.json();
  assert.equal(body.token_type, 'Bearer');
  assert.equal(body.expires_in, 7200);
  assert.equal(body.refresh_token, undefined);
  const { payload, header } = await tenant.verify(body.access_token);
  const { iat, exp, ...claims } = payload;
  assert.equal(exp - iat, 7200);
  assert.deepEqual(claims, {
    iss: tenant.issuer,
    sub: 'auth0|5f7c8ec7c33c6c004bbafe01',
    aud: [API, `${tenant.issuer}userinfo`],
    azp: SPA_CLIENT,
    scope: 'openid profile email read:timesheets create:timesheets delete:timesheets',
    permissions: employeeRights,
    [`${NAMESPACE}email`]: 'erin.employee@abc-inc.example',
    [`${NAMESPACE}email_verified`]: true,
    [`${NAMESPACE}name`]: 'Erin Employee',
    [`${NAMESPACE}roles`]: ['Employee'],
    [`${NAMESPACE}kind`]: 'employee',
  });
  const { keys } = await tenant.jwks();
  assert.deepEqual(header, { alg: 'RS256', typ: 'JWT', kid: keys[0].kid });
  assert.equal(body.scope, payload.scope);
  const id = decodeJwt(body.id_token);
  assert.equal(id.aud, SPA_CLIENT);
  assert.equal(id.nonce, 'no');
  assert.equal(id.email, 'erin.employee@abc-inc.example');
  assert.equal(id.email_verified, true);
  assert.deepEqual(id[`${NAMESPACE}roles`], ['Employee']);
});

for (const user of USERS) {
  test(`roles decide: ${user.key} gets what the roles hold, and /dev/token gives the same token`, async () => {
    const { access_token: token } = (await tenant.codeLogin(new Browser(), user.key)).json();
    const fromLogin = await tenant.verify(token);
    const rights = permissionsOf(user);
    assert.deepEqual(fromLogin.payload.permissions, rights);
    assert.equal(fromLogin.payload.scope, ['openid profile email', ...rights].join(' '));
    const fromHook = await tenant.verify((await tenant.hook('token', { as: user.key })).json().access_token);
    const steady = ({ header, payload: { iat, exp, ...rest } }) => ({ header, rest, lifetime: exp - iat });
    assert.deepEqual(steady(fromHook), steady(fromLogin));
  });
}

test('the seed gives each role the rights that the design names', () => {
  const rights = Object.fromEntries(USERS.map((user) => [user.key, permissionsOf(user)]));
  assert.deepEqual(rights, {
    employee: employeeRights,
    contractor: employeeRights,
    manager: [...employeeRights, 'approve:timesheets'],
    admin: [...employeeRights, 'approve:timesheets', 'admin:timesheets'],
    nobody: [],
  });
});

test('scopes not asked for stay out of the scope, permissions stay complete', async () => {
  const response = await tenant.codeLogin(new Browser(), 'manager', { scope: 'openid read:timesheets made:up' });
  const { payload } = await tenant.verify(response.json().access_token);
  assert.equal(payload.scope, 'openid read:timesheets');
  assert.deepEqual(payload.permissions, [...employeeRights, 'approve:timesheets']);
});

test('a wrong password is told, keeps the address and logs nobody in', async () => {
  const browser = new Browser();
  const query = { response_type: 'code', code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
  const page = await browser.open(tenant.authorizeUrl(query));
  const form = { username: 'erin.employee@abc-inc.example', password: 'wrong' };
  const response = await browser.send(page.url, { form });
  assert.equal(response.status, 400);
  assert.match(response.text, /role="alert">Wrong email or password/);
  assert.match(response.text, /value="erin\.employee@abc-inc\.example"/);
  const silent = await browser.open(tenant.authorizeUrl({ ...query, prompt: 'none' }));
  assert.equal(silent.target.searchParams.get('error'), 'login_required');
});

test('the login page needs no script, may be left for the application, and escapes what it shows', async () => {
  const browser = new Browser();
  const query = { response_type: 'code', code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
  const page = await browser.open(tenant.authorizeUrl({ ...query, login_hint: '"><script>x@y.example' }));
  assert.equal(page.status, 200);
  const policy = page.headers['content-security-policy'];
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /form-action|unsafe|script-src/);
  assert.doesNotMatch(page.text, /<script/);
  assert.match(page.text, /Development tenant/);
  for (const user of USERS) assert.ok(page.text.includes(`>${user.email}</a>`), user.email);
  const filled = await browser.send(`${page.url}&account=manager`);
  assert.match(filled.text, /value="maria\.manager@abc-inc\.example"/);
});

test('a login page without its login says so', async () => {
  const response = await new Browser().send(tenant.url('/u/login', { state: 'gone' }));
  assert.equal(response.status, 400);
  assert.match(response.text, /This login has expired/);
});

test('PKCE is needed, and a wrong verifier gets no token', async () => {
  const without = await new Browser().open(tenant.authorizeUrl({ response_type: 'code' }));
  assert.equal(without.target.searchParams.get('error'), 'invalid_request');
  const target = await tenant.logIn(new Browser(), 'employee', {
    response_type: 'code',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  });
  const response = await tenant.redeem(target, 'y'.repeat(43));
  assert.equal(response.status, 403);
  assert.equal(response.json().error, 'invalid_grant');
});

test('an API that does not exist is refused, and so is an address that is not registered', async () => {
  const query = { response_type: 'code', code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
  const page = await new Browser().open(tenant.authorizeUrl({ ...query, audience: 'https://other.example/' }));
  assert.equal(page.target.searchParams.get('error'), 'access_denied');
  assert.equal(page.target.searchParams.get('error_description'), 'Service not found: https://other.example/');
  const foreign = await new Browser().open(tenant.authorizeUrl({ ...query, redirect_uri: 'https://evil.example/' }));
  assert.equal(foreign.status, 400);
  assert.equal(foreign.target, undefined);
});

test('refresh tokens rotate, and a replay ends the whole family', async () => {
  const first = (await tenant.codeLogin(new Browser(), 'manager', { scope: OFFLINE_SCOPE })).json();
  assert.match(first.scope, / offline_access$/);
  // A scope wider than the grant must not matter: Auth0 narrows it.
  const second = await refresh(first.refresh_token, { scope: `${OFFLINE_SCOPE} admin:timesheets` });
  assert.equal(second.status, 200);
  const renewed = second.json();
  assert.notEqual(renewed.refresh_token, first.refresh_token);
  assert.equal(renewed.scope, first.scope);
  const { payload } = await tenant.verify(renewed.access_token);
  assert.equal(payload.scope, first.scope);

  const refused = { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' };
  const replay = await refresh(first.refresh_token);
  assert.equal(replay.status, 403);
  assert.deepEqual(replay.json(), refused);
  const successor = await refresh(renewed.refresh_token);
  assert.equal(successor.status, 403);
  assert.deepEqual(successor.json(), refused);
});

test('a refresh token can be revoked, by JSON too', async () => {
  const { refresh_token: token } = (await tenant.codeLogin(new Browser(), 'employee', { scope: OFFLINE_SCOPE })).json();
  const revoked = await send(tenant.url('/oauth/revoke'), { json: { client_id: SPA_CLIENT, token } });
  assert.equal(revoked.status, 200);
  assert.equal((await refresh(token)).status, 403);
});

test('prompt=none: by redirect and by web message with a session, login_required without', async () => {
  const query = {
    response_type: 'code',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
    prompt: 'none',
  };
  const browser = new Browser();
  const before = await browser.open(tenant.authorizeUrl(query));
  assert.equal(before.target.searchParams.get('error'), 'login_required');
  await tenant.codeLogin(browser, 'employee');
  const redirected = await browser.open(tenant.authorizeUrl(query));
  assert.ok(redirected.target.searchParams.get('code'));
  const framed = await browser.open(tenant.authorizeUrl({ ...query, response_mode: 'web_message' }));
  assert.equal(framed.status, 200);
  assert.match(framed.text, /"code":"[\w-]+"/);
  assert.match(framed.text, /"state":"st"/);
  assert.equal(framed.headers['x-frame-options'], undefined);
  assert.doesNotMatch(framed.headers['content-security-policy'] ?? '', /frame-ancestors/);
});

for (const responseType of ['id_token token', 'token id_token']) {
  test(`implicit, response_type "${responseType}"`, async () => {
    const target = await tenant.logIn(new Browser(), 'contractor', { response_type: responseType });
    const answer = new URLSearchParams(target.hash.slice(1));
    assert.equal(answer.get('state'), 'st');
    assert.equal(answer.get('token_type'), 'Bearer');
    assert.equal(answer.get('scope'), ['openid profile email', ...employeeRights].join(' '));
    const { payload } = await tenant.verify(answer.get('access_token'));
    assert.equal(payload.scope, answer.get('scope'));
    assert.equal(payload[`${NAMESPACE}kind`], 'contractor');
    const id = decodeJwt(answer.get('id_token'));
    assert.equal(id.nonce, 'no');
    assert.ok(id.at_hash);
  });
}

test('implicit: id_token alone, and silently by web message', async () => {
  const browser = new Browser();
  const target = await tenant.logIn(browser, 'contractor', { response_type: 'id_token' });
  const answer = new URLSearchParams(target.hash.slice(1));
  assert.equal(answer.get('access_token'), null);
  assert.equal(decodeJwt(answer.get('id_token')).email, 'carl@contractors.example');
  const query = { response_type: 'token id_token', prompt: 'none', response_mode: 'web_message' };
  const silent = await browser.open(tenant.authorizeUrl(query));
  const [, token] = /"access_token":"([^"]+)"/.exec(silent.text);
  assert.equal((await tenant.verify(token)).payload.sub, 'auth0|5f7c8ec7c33c6c004bbafe02');
});

const [batch, ungranted] = MACHINES;
const machineForm = {
  grant_type: 'client_credentials',
  client_id: batch.id,
  client_secret: batch.secret,
  audience: API,
};

for (const kind of ['json', 'form']) {
  test(`client credentials by ${kind}, and /dev/token gives the same token`, async () => {
    const response = await send(tenant.url('/oauth/token'), { [kind]: machineForm });
    assert.equal(response.status, 200);
    const body = response.json();
    assert.equal(body.expires_in, 86400);
    assert.equal(body.scope, 'batch:upload');
    const fromLogin = await tenant.verify(body.access_token);
    const { iat, exp, ...claims } = fromLogin.payload;
    assert.deepEqual(claims, {
      iss: tenant.issuer,
      sub: `${MACHINE_CLIENT}@clients`,
      aud: API,
      azp: MACHINE_CLIENT,
      gty: 'client-credentials',
      scope: 'batch:upload',
      permissions: ['batch:upload'],
    });
    const fromHook = await tenant.verify((await tenant.hook('token', { as: 'machine' })).json().access_token);
    assert.equal(fromHook.payload.exp - fromHook.payload.iat, exp - iat);
    assert.deepEqual({ ...fromHook.payload, iat, exp }, fromLogin.payload);
    assert.deepEqual(fromHook.header, fromLogin.header);
  });
}

test('client credentials are refused as Auth0 does', async () => {
  const ask = async (changes) => {
    const response = await tenant.token({ ...machineForm, ...changes });
    return [response.status, response.json().error];
  };
  assert.deepEqual(await ask({ client_secret: 'wrong' }), [401, 'access_denied']);
  assert.deepEqual(await ask({ client_id: 'unknown' }), [401, 'access_denied']);
  assert.deepEqual(await ask({ audience: 'https://other.example/' }), [403, 'access_denied']);
  assert.deepEqual(await ask({ audience: '' }), [403, 'access_denied']);
  assert.deepEqual(await ask({ scope: 'admin:timesheets' }), [403, 'access_denied']);
  assert.deepEqual(await ask({ scope: 'batch:upload' }), [200, undefined]);
  assert.deepEqual(await ask({ client_id: UNGRANTED_CLIENT, client_secret: ungranted.secret }), [403, 'access_denied']);
});

test('a body that is no JSON is a 400', async () => {
  const response = await send(tenant.url('/oauth/token'), { type: 'application/json', body: '{"grant_type":' });
  assert.equal(response.status, 400);
  assert.equal(response.json().error, 'invalid_request');
});

test('the web client is let in from its origin only', async () => {
  const post = (origin) =>
    tenant.token({ grant_type: 'refresh_token', client_id: SPA_CLIENT, refresh_token: 'x' }, { headers: { origin } });
  const own = await post(ORIGIN);
  assert.equal(own.headers['access-control-allow-origin'], ORIGIN);
  assert.equal(own.status, 403);
  const other = await post('https://evil.example');
  assert.equal(other.headers['access-control-allow-origin'], undefined);
  assert.equal(other.status, 400);
  const preflight = await send(tenant.url('/oauth/token'), {
    method: 'OPTIONS',
    headers: {
      origin: ORIGIN,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'auth0-client',
    },
  });
  assert.equal(preflight.headers['access-control-allow-origin'], ORIGIN);
  assert.equal(preflight.headers['access-control-allow-headers'], 'auth0-client');
});

test('/userinfo takes an API token', async () => {
  const { access_token: token } = (await tenant.hook('token', { as: 'manager' })).json();
  const response = await send(tenant.url('/userinfo'), {
    headers: { authorization: `Bearer ${token}`, origin: ORIGIN },
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers['access-control-allow-origin'], ORIGIN);
  assert.equal(response.json().email, 'maria.manager@abc-inc.example');
  const { access_token: forged } = (await tenant.hook('mint', { as: 'manager', key: 'foreign' })).json();
  const refused = await send(tenant.url('/userinfo'), { headers: { authorization: `Bearer ${forged}` } });
  assert.equal(refused.status, 401);
});

for (const [path, parameter] of [
  ['/v2/logout', 'returnTo'],
  ['/oidc/logout', 'post_logout_redirect_uri'],
]) {
  test(`${path} ends the session and returns to allowed addresses only`, async () => {
    const browser = new Browser();
    await tenant.codeLogin(browser, 'employee');
    const query = {
      response_type: 'code',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
      prompt: 'none',
    };
    const leave = (address, extra) =>
      browser.send(tenant.url(path, { client_id: SPA_CLIENT, [parameter]: address, ...extra }));

    for (const address of ['https://evil.example/', `${ORIGIN}.evil.example/`, `${ORIGIN}/other`, CALLBACK]) {
      const refused = await leave(address);
      assert.equal(refused.status, 400, address);
      assert.equal(refused.headers.location, undefined);
    }
    const still = await browser.open(tenant.authorizeUrl(query));
    assert.ok(still.target.searchParams.get('code'), 'a refused logout leaves the session');

    const done = await leave(ORIGIN, { state: 'bye' });
    assert.equal(done.status, 302);
    assert.equal(done.headers.location, `${ORIGIN}/?state=bye`);
    const after = await browser.open(tenant.authorizeUrl(query));
    assert.equal(after.target.searchParams.get('error'), 'login_required');
  });
}

test('logout of an unknown application is refused; without an address it stays on the tenant', async () => {
  const unknown = await send(tenant.url('/v2/logout', { client_id: 'unknown', returnTo: ORIGIN }));
  assert.equal(unknown.status, 400);
  const plain = await send(tenant.url('/v2/logout'));
  assert.equal(plain.status, 200);
  assert.match(plain.text, /Logged out/);
});

test('every scope of the API is known to the tenant', () => {
  const used = new Set([...USERS.flatMap(permissionsOf), ...MACHINES.flatMap(({ scopes }) => scopes)]);
  assert.deepEqual([...used].sort(), [...API_SCOPES].sort());
});

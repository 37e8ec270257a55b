// Starting and stopping: settings, refusals, what stays on disk.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { SPA_CLIENT } from '../seed.mjs';
import { Browser, freePort, newStateFolder, runServer, send, Tenant, tlsFiles } from './tenant.mjs';

const mode = (file) => fs.statSync(file).mode & 0o777;

async function refusal(env) {
  const run = runServer({ TENANT_PORT: String(await freePort()), TENANT_STATE: newStateFolder(), ...env });
  const result = await run.ended;
  assert.equal(result.code, 1, result.stdout);
  assert.equal(result.stdout, '');
  assert.match(result.stderr, /^tenant: [^\n]+\n$/);
  return result.stderr;
}

test('one line when ready, nothing on stderr, quick to start and to stop', async () => {
  const started = Date.now();
  const tenant = await Tenant.start();
  const startup = Date.now() - started;
  // Connections that browsers keep open must not hold up the end.
  await tenant.jwks();
  const stopping = Date.now();
  const { code, stdout, stderr } = await tenant.stop();
  assert.equal(code, 0);
  assert.equal(stdout, `Development tenant ready at ${tenant.issuer}\n`);
  assert.equal(stderr, '');
  assert.ok(Date.now() - stopping < 1000, 'stops within a second');
  // Usually half a second; a loaded build machine gets time to spare.
  assert.ok(startup < 5000, `started in ${startup} ms`);
});

test('keys are private, and survive a restart, the retired one too', async () => {
  const state = newStateFolder();
  const first = await Tenant.start({ TENANT_STATE: state });
  const rotated = (await first.hook('rotate-keys', { retire: true })).json();
  const before = (await first.hook('mint', { key: 'retired' })).json().access_token;
  await first.stop();
  assert.equal(mode(state), 0o700);
  for (const name of ['keys.json', 'signing-key.pem', 'signing-kid', 'tenant.log']) {
    assert.equal(mode(path.join(state, name)), 0o600, name);
  }
  const second = await Tenant.start({ TENANT_STATE: state });
  try {
    assert.deepEqual(
      (await second.jwks()).keys.map(({ kid }) => kid),
      rotated.published,
    );
    const after = (await second.hook('mint', { key: 'retired' })).json().access_token;
    assert.equal(decodeProtectedHeader(after).kid, decodeProtectedHeader(before).kid);
  } finally {
    await second.stop();
  }
});

test('the state folder is private, its parents are not', async () => {
  const parent = newStateFolder();
  const tenant = await Tenant.start({ TENANT_STATE: path.join(parent, 'tenant') });
  await tenant.stop();
  assert.equal(mode(path.join(parent, 'tenant')), 0o700);
  assert.equal(mode(parent), 0o777 & ~process.umask());
});

test('lifetime, dialect and origins can be set', async () => {
  const tenant = await Tenant.start({
    TENANT_AT_TTL: '5',
    TENANT_DIALECT: 'rfc9068_profile_authz',
    TENANT_SPA_ORIGINS: 'https://localhost:9443, https://localhost:8443',
  });
  try {
    const body = (await tenant.codeLogin(new Browser(), 'employee')).json();
    assert.equal(body.expires_in, 5);
    const fromLogin = await tenant.verify(body.access_token);
    assert.equal(fromLogin.header.typ, 'at+jwt');
    const { jti, iat, exp, ...claims } = fromLogin.payload;
    assert.equal(exp - iat, 5);
    assert.match(jti, /^[\w-]{16,}$/);
    assert.equal(claims.client_id, SPA_CLIENT);
    assert.equal('azp' in claims, false);
    const fromHook = await tenant.verify((await tenant.hook('token', { as: 'employee' })).json().access_token);
    assert.deepEqual(fromHook.header, fromLogin.header);
    assert.deepEqual(Object.keys(fromHook.payload), Object.keys(fromLogin.payload));
    assert.notEqual(fromHook.payload.jti, jti);
    const machine = decodeJwt((await tenant.hook('token', { as: 'machine' })).json().access_token);
    assert.equal(machine.sub, `${machine.client_id}@clients`);
    assert.equal('gty' in machine, false);
    const logout = { client_id: SPA_CLIENT, returnTo: 'https://localhost:9443/' };
    assert.equal((await send(tenant.url('/v2/logout', logout))).status, 302);
  } finally {
    await tenant.stop();
  }
});

test('refuses production and any address but loopback', async () => {
  assert.match(await refusal({ NODE_ENV: 'production' }), /NODE_ENV=production/);
  for (const host of [
    '0.0.0.0',
    '::',
    '192.168.1.5',
    'example.com',
    'localhost.example.com',
    '127.0.0.1.example.com',
    '127.0.0.256',
  ]) {
    assert.match(await refusal({ TENANT_HOST: host }), /loopback only/, host);
  }
});

test('other loopback names make the issuer', async () => {
  const tenant = await Tenant.start({ TENANT_HOST: '127.0.0.1' });
  try {
    const address = `https://127.0.0.1:${tenant.port}/`;
    assert.equal((await send(`${address}.well-known/openid-configuration`)).json().issuer, address);
  } finally {
    await tenant.stop();
  }
});

test('wrong settings are told in one line', async () => {
  assert.match(await refusal({ TENANT_TLS_CERT: '' }), /TENANT_TLS_CERT is not set/);
  assert.match(
    await refusal({ TENANT_TLS_KEY: '/nowhere/key.pem' }),
    /TENANT_TLS_KEY: cannot read \/nowhere\/key\.pem \(ENOENT\)/,
  );
  assert.match(await refusal({ TENANT_TLS_KEY: tlsFiles.cert }), /do not make a usable pair/);
  assert.match(await refusal({ TENANT_STATE: '' }), /TENANT_STATE is not set/);
  assert.match(await refusal({ TENANT_STATE: tlsFiles.cert }), /TENANT_STATE: cannot use/);
  assert.match(await refusal({ TENANT_PORT: '84x' }), /TENANT_PORT must be a whole number/);
  assert.match(await refusal({ TENANT_PORT: '0' }), /TENANT_PORT must be a whole number/);
  assert.match(await refusal({ TENANT_AT_TTL: '-1' }), /TENANT_AT_TTL must be/);
  assert.match(await refusal({ TENANT_DIALECT: 'other' }), /TENANT_DIALECT must be/);
  assert.match(await refusal({ TENANT_SPA_ORIGINS: 'https://localhost:8443/' }), /TENANT_SPA_ORIGINS/);
});

test('a damaged key file is told and left alone', async () => {
  const state = newStateFolder();
  fs.mkdirSync(state);
  fs.writeFileSync(path.join(state, 'keys.json'), '{"published":');
  assert.match(await refusal({ TENANT_STATE: state }), /keys\.json cannot be read/);
  assert.equal(fs.readFileSync(path.join(state, 'keys.json'), 'utf8'), '{"published":');
});

test('a taken port is told, and the state is not touched', async () => {
  const other = net.createServer();
  await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
  const state = newStateFolder();
  const { port } = other.address();
  try {
    assert.match(
      await refusal({ TENANT_PORT: String(port), TENANT_STATE: state }),
      new RegExp(`port ${port} is already in use`),
    );
    assert.deepEqual(fs.readdirSync(state), []);
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
});

// The dev tenant's hooks: tokens of any kind, key rotation, faults of the key endpoint.
import assert from 'node:assert/strict';
import { newAgent, send } from './http.mjs';
import { stack } from './stack.mjs';

const url = new URL(stack.TS_TENANT_URL);
const agent = newAgent();

async function hook(method, path, body) {
  const options = { url, agent };
  if (method === 'POST') {
    options.body = JSON.stringify(body ?? {});
    options.headers = { 'Content-Type': 'application/json' };
  }
  const reply = await send(method, path, options);
  assert.equal(reply.status, 200, `${method} ${path}: ${reply.text}`);
  return reply.json;
}

/** The token that signing in as one of the demo accounts gives. */
export const demoToken = async (as, more = {}) => (await hook('POST', '/dev/token', { as, ...more })).access_token;
/** Any token; scripts/tenant/README.md describes the parameters. */
export const mint = async (parameters) => (await hook('POST', '/dev/mint', parameters)).access_token;
export const rotateKeys = (retire = false) => hook('POST', '/dev/rotate-keys', { retire });
export const jwksFault = (mode) => hook('POST', '/dev/jwks-fault', { mode });
export const jwksStats = () => hook('GET', '/dev/jwks-stats');
export const resetJwksStats = () => hook('POST', '/dev/jwks-stats');

const part = (token, index) => JSON.parse(Buffer.from(token.split('.')[index], 'base64url').toString());
export const headerOf = (token) => part(token, 0);
export const claimsOf = (token) => part(token, 1);

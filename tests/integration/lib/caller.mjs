// Somebody who calls the API: a token, and short names for what one does with it.
import { randomBytes } from 'node:crypto';
import { send } from './http.mjs';
import { stack } from './stack.mjs';
import { mint } from './tenant.mjs';

export const LIST = '/api/timesheets';
export const READ = 'read:timesheets';
export const CREATE = 'create:timesheets';
export const DELETE = 'delete:timesheets';
export const APPROVE = 'approve:timesheets';
export const ADMIN = 'admin:timesheets';
export const EMPLOYEE = [READ, CREATE, DELETE];
export const MANAGER = [...EMPLOYEE, APPROVE];
export const EVERY_SCOPE = [...MANAGER, 'batch:upload', ADMIN];

const ns = stack.TS_CLAIM_NAMESPACE;
const unique = () => randomBytes(12).toString('hex');

export const newSub = () => `auth0|${unique()}`;
export const newKey = () => `key-${unique()}`;

/** Claims that a token of a person has, as the tenant writes them. */
export function personClaims({
  sub = newSub(),
  scopes = EMPLOYEE,
  name = 'Test Person',
  email,
  verified = true,
  kind = 'employee',
} = {}) {
  const address = email === undefined ? `${sub.replace(/[^a-z0-9]/g, '.')}@tests.example` : email;
  return {
    sub,
    ...(address === null ? {} : { [`${ns}email`]: address, [`${ns}email_verified`]: verified }),
    [`${ns}name`]: name,
    [`${ns}kind`]: kind,
    scope: ['openid', 'profile', ...scopes].join(' '),
    permissions: scopes,
  };
}

export class Caller {
  constructor(token, claims = {}) {
    this.token = token;
    this.sub = claims.sub;
    this.email = claims[`${ns}email`];
  }

  send(method, path, { headers = {}, json, ...rest } = {}) {
    const all = { ...(this.token && { Authorization: `Bearer ${this.token}` }), ...headers };
    const body = json === undefined ? rest.body : JSON.stringify(json);
    if (body !== undefined && !('Content-Type' in all)) all['Content-Type'] = 'application/json';
    return send(method, path, { ...rest, headers: all, body });
  }

  get(path = LIST, options) {
    return this.send('GET', path, options);
  }

  /** A new entry. */
  post(json, { key, headers, ...rest } = {}) {
    return this.send('POST', LIST, { json, headers: { ...(key && { 'Idempotency-Key': key }), ...headers }, ...rest });
  }

  /** A new entry as the text that is given. */
  postText(body, headers) {
    return this.send('POST', LIST, { body, headers });
  }

  patch(id, json, tag, { key, ...rest } = {}) {
    return this.send('PATCH', `${LIST}/${id}`, { json, headers: changeHeaders(tag, key), ...rest });
  }

  delete(id, tag, { key, ...rest } = {}) {
    return this.send('DELETE', `${LIST}/${id}`, { headers: changeHeaders(tag, key), ...rest });
  }
}

const changeHeaders = (tag, key) => ({ ...(tag && { 'If-Match': tag }), ...(key && { 'Idempotency-Key': key }) });

/** A new person, known to nobody yet. */
export async function newPerson(options) {
  const payload = personClaims(options);
  return new Caller(await mint({ payload, ttl: 3600 }), payload);
}

export const newManager = (options) => newPerson({ scopes: MANAGER, ...options });
export const newAdmin = (options) => newPerson({ scopes: [READ, CREATE, DELETE, ADMIN], ...options });
export const anonymous = new Caller();

/** An entry as most tests need one. */
export const work = (more) => ({ date: '2024-05-06', project: 'StoreZero', minutes: 60, ...more });

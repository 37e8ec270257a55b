// Starts a real tenant for the tests and talks to it over TLS.
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { API, DEMO_PASSWORD, SPA_CLIENT, USERS } from '../seed.mjs';
import { everyScope } from '../tokens.mjs';

export const ORIGIN = 'https://localhost:8443';
export const CALLBACK = `${ORIGIN}/callback`;
export const FULL_SCOPE = everyScope.join(' ');

const SERVER = new URL('../server.mjs', import.meta.url).pathname;
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'tenant-test-'));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** A certificate of its own, made once for a test file. */
export const tlsFiles = (() => {
  const cert = path.join(scratch, 'cert.pem');
  const key = path.join(scratch, 'key.pem');
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject],
    { stdio: 'ignore' },
  );
  return { cert, key };
})();

/** A port that is free now. Another process may take it meanwhile, see Tenant.start. */
export async function freePort() {
  const probe = net.createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

export const newStateFolder = () => path.join(scratch, randomBytes(6).toString('hex'));

/** Runs the server; resolves with what it printed and its exit code once it ends. */
export function runServer(env) {
  const child = spawn(process.execPath, [SERVER], {
    env: { PATH: process.env.PATH, TENANT_TLS_CERT: tlsFiles.cert, TENANT_TLS_KEY: tlsFiles.key, ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const ready = new Promise((resolve) => {
    child.stdout.on('data', () => stdout.includes('\n') && resolve(true));
    ended.then(() => resolve(false));
  });
  return { child, ended, ready };
}

const agent = new https.Agent({ keepAlive: true, ca: fs.readFileSync(tlsFiles.cert) });
after(() => agent.destroy());

function encode(options) {
  if (options.json !== undefined) return ['application/json', JSON.stringify(options.json)];
  if (options.form !== undefined)
    return ['application/x-www-form-urlencoded', String(new URLSearchParams(options.form))];
  return [options.type, options.body];
}

export function send(url, options = {}) {
  const [type, body] = encode(options);
  const headers = { ...(type && { 'content-type': type }), ...options.headers };
  return new Promise((resolve, reject) => {
    const method = options.method ?? (body === undefined ? 'GET' : 'POST');
    const request = https.request(url, { agent, method, headers, signal: options.signal }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode, headers: response.headers, text, json: () => JSON.parse(text) });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The little of a browser that a login needs: cookies by name and path, and steps from page to page. */
export class Browser {
  #cookies = new Map();

  async send(url, options = {}) {
    const { pathname } = new URL(url);
    const cookie = [...this.#cookies.values()]
      .filter((item) => pathname.startsWith(item.path))
      .map((item) => item.pair)
      .join('; ');
    const response = await send(url, { ...options, headers: { ...options.headers, ...(cookie && { cookie }) } });
    for (const line of response.headers['set-cookie'] ?? []) {
      const pair = line.split(';', 1)[0];
      const name = pair.split('=', 1)[0];
      const where = /; path=([^;]+)/i.exec(line)?.[1] ?? '/';
      const gone = /; expires=thu, 01 jan 1970/i.test(line);
      if (gone) this.#cookies.delete(`${name} ${where}`);
      else this.#cookies.set(`${name} ${where}`, { pair, path: where });
    }
    return response;
  }

  /** Follows redirects as long as they stay within the tenant. */
  async open(url, options) {
    let here = url;
    let response = await this.send(url, options);
    while (response.headers.location) {
      const next = new URL(response.headers.location, here);
      if (next.origin !== new URL(url).origin) return { ...response, url: here, target: next };
      here = next.href;
      response = await this.send(here);
    }
    return { ...response, url: here };
  }
}

const base64url = (bytes) => bytes.toString('base64url');

export class Tenant {
  constructor({ port, state, run }) {
    this.port = port;
    this.state = state;
    this.run = run;
    this.issuer = `https://localhost:${port}/`;
  }

  static async start(env = {}, tries = 5) {
    const port = env.TENANT_PORT ? Number(env.TENANT_PORT) : await freePort();
    const state = env.TENANT_STATE ?? newStateFolder();
    const run = runServer({ TENANT_PORT: String(port), TENANT_STATE: state, ...env });
    if (await run.ready) return new Tenant({ port, state, run });
    const { stderr } = await run.ended;
    if (!env.TENANT_PORT && tries > 1 && stderr.includes('already in use')) return Tenant.start(env, tries - 1);
    throw new Error(`the tenant did not start: ${stderr}`);
  }

  stop() {
    this.run.child.kill('SIGTERM');
    return this.run.ended;
  }

  url(pathname, query) {
    return `${this.issuer.slice(0, -1)}${pathname}${query ? `?${new URLSearchParams(query)}` : ''}`;
  }

  hook(name, body = {}) {
    return send(this.url(`/dev/${name}`), { json: body });
  }

  token(form, options = {}) {
    return send(this.url('/oauth/token'), { form, ...options });
  }

  async jwks() {
    return (await send(this.url('/.well-known/jwks.json'))).json();
  }

  /** Verifies with the published keys, as an API would. */
  async verify(token) {
    const options = { issuer: this.issuer, audience: API, algorithms: ['RS256'] };
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(await this.jwks()), options);
    return { payload, header: protectedHeader };
  }

  authorizeUrl(query) {
    const all = {
      client_id: SPA_CLIENT,
      redirect_uri: CALLBACK,
      audience: API,
      scope: FULL_SCOPE,
      state: 'st',
      nonce: 'no',
      ...query,
    };
    return this.url('/authorize', Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));
  }

  /** From /authorize over the login form to the application's address. */
  async logIn(browser, who, query) {
    const page = await browser.open(this.authorizeUrl(query));
    if (page.target) return page.target;
    const { email } = USERS.find(({ key }) => key === who);
    const done = await browser.open(page.url, { form: { username: email, password: DEMO_PASSWORD } });
    if (!done.target) throw new Error(`login ended at ${done.url} with ${done.status}: ${done.text}`);
    return done.target;
  }

  /** A whole login by authorization code with PKCE: the answer of the token endpoint. */
  async codeLogin(browser, who, query = {}) {
    const verifier = base64url(randomBytes(32));
    const challenge = base64url(createHash('sha256').update(verifier).digest());
    const target = await this.logIn(browser, who, {
      response_type: 'code',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...query,
    });
    return this.redeem(target, verifier);
  }

  redeem(target, verifier) {
    return this.token({
      grant_type: 'authorization_code',
      client_id: SPA_CLIENT,
      redirect_uri: CALLBACK,
      code: target.searchParams.get('code'),
      code_verifier: verifier,
    });
  }
}

// Requests over TLS to nginx, as a client on the network would send them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import https from 'node:https';
import tls from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { holdToContract } from './contract.mjs';
import { stack } from './stack.mjs';

export const ca = fs.readFileSync(stack.TS_CA_FILE);
const origin = new URL(stack.TS_URL);
const TIMEOUT_MS = 20_000;

export const newAgent = (options = {}) => new https.Agent({ ca, keepAlive: true, ...options });
const sharedAgent = newAgent({ maxSockets: 64 });

export class Reply {
  constructor(request, message, body, elapsedMs) {
    this.request = request; // "POST /api/timesheets", for messages
    this.status = message.statusCode;
    this.reason = message.statusMessage;
    this.headers = message.headers;
    this.body = message.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    this.elapsedMs = elapsedMs;
  }

  get text() {
    return this.body.toString('utf8');
  }

  get json() {
    let value;
    try {
      value = JSON.parse(this.text);
    } catch {
      assert.fail(`${this.request} answered ${this.status} with a body that is no JSON: ${this.text.slice(0, 300)}`);
    }
    return value;
  }

  get etag() {
    return this.headers.etag;
  }
}

/** Sends bytes as they are. headers: an object; a value that is an array is sent as several lines. */
export function send(
  method,
  path,
  { headers = {}, body, agent = sharedAgent, url = origin, timeoutMs = TIMEOUT_MS } = {},
) {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const all = { ...headers };
    if (body !== undefined && !('Transfer-Encoding' in all)) all['Content-Length'] = Buffer.byteLength(body);
    const request = https.request({
      method,
      path,
      headers: all,
      agent,
      ca,
      host: url.hostname,
      port: url.port,
      family: 4,
      signal: AbortSignal.timeout(timeoutMs),
    });
    request.on('error', reject);
    request.on('response', (message) => {
      const chunks = [];
      message.on('data', (chunk) => chunks.push(chunk));
      message.on('error', reject);
      message.on('end', () => {
        const reply = new Reply(`${method} ${path}`, message, Buffer.concat(chunks), performance.now() - started);
        try {
          if (url === origin && path.startsWith('/api/')) holdToContract(method, path, reply);
          resolve(reply);
        } catch (error) {
          reject(error);
        }
      });
    });
    request.end(body);
  });
}

/** Bytes straight onto a TLS connection; resolves with everything that came back until the server closed it. */
export function sendRaw(bytes) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    const socket = tls.connect({ host: '127.0.0.1', port: origin.port, servername: 'localhost', ca }, () =>
      socket.write(bytes),
    );
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('the server did not close the connection')));
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server that refuses may close before it has read everything, which can look like a reset here.
    socket.on('error', (error) => error.code !== 'ECONNRESET' && reject(error));
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}

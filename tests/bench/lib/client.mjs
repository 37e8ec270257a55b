// A small HTTPS client with kept connections, and a loop that keeps so many requests under way.
import fs from 'node:fs';
import https from 'node:https';

export class Client {
  constructor({ url = process.env.TS_URL, ca = process.env.TS_CA_FILE, connections = 32, timeoutMs = 10000 } = {}) {
    this.url = new URL(url);
    this.timeoutMs = timeoutMs;
    this.agent = new https.Agent({ keepAlive: true, maxSockets: connections, ca: fs.readFileSync(ca) });
  }

  // Resolves to { status, headers, text }; rejects when no whole answer came.
  request(method, path, { token, body, headers = {}, timeoutMs = this.timeoutMs } = {}) {
    const all = { ...headers };
    if (token !== undefined) all.authorization = `Bearer ${token}`;
    if (body !== undefined) {
      all['content-type'] ??= 'application/json';
      all['content-length'] = Buffer.byteLength(body);
    }
    return new Promise((resolve, reject) => {
      const request = https.request(
        {
          agent: this.agent,
          method,
          path,
          headers: all,
          host: this.url.hostname,
          port: this.url.port,
          family: 4,
          servername: this.url.hostname,
        },
        (response) => {
          const parts = [];
          response.on('data', (part) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            clearTimeout(deadline);
            resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(parts).toString() });
          });
        },
      );
      const deadline = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      request.on('error', (error) => {
        clearTimeout(deadline);
        reject(error);
      });
      request.end(body);
    });
  }

  close() {
    this.agent.destroy();
  }
}

// Runs task(i) for i below count, `width` at a time.
export async function inParallel(count, width, task) {
  let next = 0;
  const lane = async () => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
}

export const entryBody = (date, hours = 0.25, project = 'StoreZero') => JSON.stringify({ date, project, hours });

// Day n counted from 2001-01-01, before the load's present, so that any of 9,000 days is accepted.
export const day = (n) => new Date(Date.UTC(2001, 0, 1) + (n % 9000) * 864e5).toISOString().slice(0, 10);

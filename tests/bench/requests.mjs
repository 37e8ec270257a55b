// Sends a worker so many requests of a kind, one after the other, and insists on the right answer.
//   node requests.mjs SOCKET KIND COUNT
// KIND: get; post (into a week that has a row); post-keyed (the same with a key); post-new-week.
import { setTimeout as sleep } from 'node:timers/promises';
import { day, entryBody } from './lib/client.mjs';
import { call, encodeRequest } from './lib/fastcgi.mjs';
import { minter, subject } from './lib/tokens.mjs';

const [socket, kind, count] = process.argv.slice(2);
const mint = minter();
// Ten who read have lists already; each run writes as ten persons of its own, who have nothing yet.
const tokens = Array.from({ length: 10 }, (_, i) =>
  mint(kind === 'get' ? subject(1 + i) : `auth0|cost-${Date.now()}-${process.pid}-${i}`),
);

const common = (token) => ({
  DOCUMENT_URI: '/api/timesheets',
  REMOTE_ADDR: '127.0.0.1',
  HTTP_HOST: 'localhost',
  HTTP_AUTHORIZATION: `Bearer ${token}`,
  HTTP_ACCEPT: '*/*',
  REQUEST_ID: '0123456789abcdef0123456789abcdef',
});

function request(i) {
  const token = tokens[i % tokens.length];
  if (kind === 'get') return encodeRequest({ REQUEST_METHOD: 'GET', ...common(token) });
  const turn = Math.floor(i / tokens.length);
  // A quarter of an hour 90 times a day, so that one week takes 6,300; or a Monday of a week of its own.
  const body = entryBody(day(kind === 'post-new-week' ? turn * 7 : Math.floor(turn / 90)));
  const key = kind === 'post-keyed' ? { HTTP_IDEMPOTENCY_KEY: `cost-${process.pid}-${Date.now()}-${i}` } : {};
  return encodeRequest(
    {
      REQUEST_METHOD: 'POST',
      ...common(token),
      CONTENT_TYPE: 'application/json',
      CONTENT_LENGTH: String(body.length),
      ...key,
    },
    body,
  );
}

// The socket is bound a moment before it listens.
async function patiently(request) {
  for (let tries = 0; ; tries++) {
    try {
      return await call(socket, request);
    } catch (error) {
      if (!['ENOENT', 'ECONNREFUSED'].includes(error.code) || tries > 200) throw error;
      await sleep(50);
    }
  }
}

const want = kind === 'get' ? 200 : 201;
for (let i = 0; i < Number(count); i++) {
  const reply = await (i === 0 ? patiently : (bytes) => call(socket, bytes))(request(i));
  if (reply.status !== want) throw new Error(`request ${i}: ${reply.status} ${reply.text}`);
}

// The published keys, and the ways in which the endpoint can be made to misbehave for tests.

export const JWKS_PATH = '/.well-known/jwks.json';
const MOVED_PATH = '/.well-known/jwks-moved.json';

const SLOW_MS = 30_000;
const TRICKLE_MS = 200;
const HUGE_BYTES = 5_000_000;

const HEADERS = {
  'access-control-allow-origin': '*', // browsers that check ID tokens fetch the keys as well
  'cache-control': 'public, max-age=15, stale-while-revalidate=15, stale-if-error=86400',
  'content-type': 'application/json; charset=utf-8',
};

function send(response, status, body, headers = {}) {
  response.writeHead(status, { ...HEADERS, 'content-length': Buffer.byteLength(body), ...headers });
  response.end(body);
}

/** Sends one byte at a time until all are sent or the client has had enough. */
function trickle(response, body) {
  response.writeHead(200, { ...HEADERS, 'content-length': Buffer.byteLength(body) });
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < body.length) response.write(body[sent++]);
    else response.end();
  }, TRICKLE_MS);
  response.on('close', () => clearInterval(timer));
}

// Wherever it can be, the answer would be a good key set but for its one fault, so that a client that overlooks
// the fault accepts keys and its test fails.
const FAULTS = {
  none: ({ response, keys }) => send(response, 200, JSON.stringify(keys.jwks)),
  down: ({ response }) => response.socket.destroy(),
  slow: ({ response, keys }) => {
    const timer = setTimeout(() => send(response, 200, JSON.stringify(keys.jwks)), SLOW_MS);
    response.on('close', () => clearTimeout(timer));
  },
  trickle: ({ response, keys }) => trickle(response, JSON.stringify(keys.jwks)),
  redirect: ({ response }) => send(response, 302, '', { location: MOVED_PATH }),
  huge: ({ response, keys }) => {
    send(response, 200, JSON.stringify({ ...keys.jwks, padding: 'x'.repeat(HUGE_BYTES) }));
  },
  junk: ({ response }) => send(response, 200, '<html>This is no key set</html>'),
  empty: ({ response }) => send(response, 200, '{"keys":[]}'),
  status500: ({ response, keys }) => send(response, 500, JSON.stringify(keys.jwks)),
  'duplicate-kid': async ({ response, keys }) => {
    const { publicJwk } = await keys.foreign();
    const twins = keys.jwks.keys.flatMap((key) => [key, { ...publicJwk, kid: key.kid }]);
    send(response, 200, JSON.stringify({ keys: twins }));
  },
  'small-key': async ({ response, keys }) => {
    const { publicJwk } = await keys.small();
    send(response, 200, JSON.stringify({ keys: [...keys.jwks.keys, publicJwk] }));
  },
};

export const FAULT_MODES = Object.keys(FAULTS);

export function createJwksEndpoint(keys) {
  const stats = { requests: 0, redirected: 0, mode: 'none' };
  return {
    stats,
    setMode(mode) {
      stats.mode = mode;
    },
    reset() {
      stats.requests = 0;
      stats.redirected = 0;
    },
    handles: (path) => path === JWKS_PATH || path === MOVED_PATH,
    async handle(path, request, response) {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        send(response, 405, '{"error":"method_not_allowed"}', { allow: 'GET, HEAD' });
        return;
      }
      if (path === MOVED_PATH) {
        stats.redirected += 1;
        FAULTS.none({ response, keys });
        return;
      }
      stats.requests += 1;
      await FAULTS[stats.mode]({ response, keys });
    },
  };
}

// Test hooks: tokens without a browser, tokens with any fault, key rotation, a misbehaving key endpoint.
import crypto from 'node:crypto';
import { readBody } from './body.mjs';
import { FAULT_MODES } from './jwks.mjs';
import { API, MACHINE_CLIENT, machineById, OIDC_SCOPES, SPA_CLIENT, USERS } from './seed.mjs';
import { everyScope, headerFields, MACHINE_TTL, machineClaims, newTokenId, USER_TTL, userClaims } from './tokens.mjs';

class HookError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const bad = (message) => new HookError(400, message);

const base64url = (text) => Buffer.from(text).toString('base64url');

// How a token's algorithm is put into practice, whatever its header says.
const rsa = (hash, options) => (input, key) =>
  crypto.sign(hash, Buffer.from(input), { key: key.privateKey, ...options }).toString('base64url');
const ALGORITHMS = {
  RS256: { name: 'RS256', sign: rsa('sha256') },
  RS384: { name: 'RS384', sign: rsa('sha384') },
  RS512: { name: 'RS512', sign: rsa('sha512') },
  PS256: {
    name: 'PS256',
    sign: rsa('sha256', {
      padding: crypto.constants.RSA_PKCS1_PSS_PADDING,
      saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST,
    }),
  },
  // The classic confusion: the public key, which everybody has, as the secret of a symmetric signature.
  'HS256-public-pem': {
    name: 'HS256',
    sign: (input, key) =>
      crypto
        .createHmac('sha256', key.publicKey.export({ type: 'spki', format: 'pem' }))
        .update(input)
        .digest('base64url'),
  },
  none: { name: 'none', sign: () => '' },
};

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const isNames = (value) => Array.isArray(value) && value.every((item) => typeof item === 'string');
const isString = (value) => typeof value === 'string';
const isOneOf = (names) => (value) => isString(value) && names.includes(value);

function checkMembers(body, rules) {
  for (const [name, value] of Object.entries(body)) {
    if (!Object.hasOwn(rules, name)) {
      throw bad(`unknown member "${name}"; known are ${Object.keys(rules).join(', ') || 'none'}`);
    }
    if (!rules[name](value)) throw bad(`"${name}" has a wrong value`);
  }
}

export function createHooks({ config, keys, jwks, rotate }) {
  const { issuer, dialect } = config;

  function claims({ as, ttl, scope, client }) {
    const iat = Math.floor(Date.now() / 1000);
    const common = { issuer, dialect, iat, tokenId: newTokenId() };
    if (as === 'machine') {
      const machine = machineById(client ?? MACHINE_CLIENT);
      if (!machine) throw bad(`"client" must be a machine client, such as ${MACHINE_CLIENT}`);
      const exp = iat + (ttl ?? config.accessTokenTtl ?? MACHINE_TTL);
      return machineClaims({ ...common, machine, asked: scope?.split(' ').filter(Boolean), exp });
    }
    const user = USERS.find(({ key, email }) => key === as || email === as);
    if (!user) throw bad(`"as" must be one of ${USERS.map(({ key }) => key).join(', ')}, machine`);
    // The web client always asks for the OpenID Connect scopes.
    const asked = scope === undefined ? everyScope : [...OIDC_SCOPES, ...scope.split(' ')];
    const exp = iat + (ttl ?? config.accessTokenTtl ?? USER_TTL);
    return userClaims({ ...common, user, clientId: client ?? SPA_CLIENT, asked, exp });
  }

  async function pickKey(name) {
    if (name === 'foreign') return keys.foreign();
    if (name === 'small') return keys.small();
    if (name !== 'retired') return keys.current;
    if (!keys.retired) throw new HookError(409, 'no key has been retired yet: rotate first');
    return keys.retired;
  }

  function serialize({ header, payload, key, algorithm, rawHeader, rawPayload }) {
    const input = `${base64url(rawHeader ?? JSON.stringify(header))}.${base64url(rawPayload ?? JSON.stringify(payload))}`;
    return `${input}.${algorithm.sign(input, key)}`;
  }

  function token(body) {
    checkMembers(body, {
      as: isString,
      ttl: Number.isInteger,
      scope: (value) => isString(value) && value.split(' ').every((name) => everyScope.includes(name)),
      client: isString,
    });
    if (body.as === undefined) throw bad('"as" is missing: who is the token for?');
    const header = { alg: 'RS256', ...headerFields(dialect), kid: keys.current.kid };
    const algorithm = ALGORITHMS.RS256;
    return { access_token: serialize({ header, payload: claims(body), key: keys.current, algorithm }) };
  }

  async function mint(body) {
    checkMembers(body, {
      as: isString,
      client: isString,
      scope: isString,
      ttl: Number.isInteger,
      header: isObject,
      payload: isObject,
      omit: isNames,
      omit_header: isNames,
      raw_header: isString,
      raw_payload: isString,
      key: isOneOf(['current', 'retired', 'foreign', 'small']),
      alg: isOneOf(Object.keys(ALGORITHMS)),
    });
    const key = await pickKey(body.key);
    const algorithm = ALGORITHMS[body.alg ?? 'RS256'];
    const iat = Math.floor(Date.now() / 1000);
    const base = body.as
      ? claims(body)
      : {
          iss: issuer,
          aud: [API, `${issuer}userinfo`],
          iat,
          exp: iat + (body.ttl ?? 300),
          azp: body.client ?? SPA_CLIENT,
        };
    const payload = { ...base, ...body.payload };
    for (const name of body.omit ?? []) delete payload[name];
    const header = { alg: algorithm.name, ...headerFields(dialect), kid: key.kid, ...body.header };
    for (const name of body.omit_header ?? []) delete header[name];
    const { raw_header: rawHeader, raw_payload: rawPayload } = body;
    return { access_token: serialize({ header, payload, key, algorithm, rawHeader, rawPayload }) };
  }

  async function rotateKeys(body) {
    checkMembers(body, { retire: (value) => typeof value === 'boolean' });
    await rotate({ retire: body.retire ?? false });
    return { kid: keys.current.kid, published: keys.published.map((key) => key.kid) };
  }

  function jwksFault(body) {
    if (!FAULT_MODES.includes(body.mode)) throw bad(`"mode" must be one of ${FAULT_MODES.join(', ')}`);
    jwks.setMode(body.mode);
    return jwks.stats;
  }

  const hooks = {
    'POST /dev/token': token,
    'POST /dev/mint': mint,
    'POST /dev/rotate-keys': rotateKeys,
    'POST /dev/jwks-fault': jwksFault,
    'GET /dev/jwks-stats': () => jwks.stats,
    'POST /dev/jwks-stats': () => {
      jwks.reset();
      return jwks.stats;
    },
  };

  async function readJson(request) {
    let body;
    try {
      body = JSON.parse((await readBody(request)) || '{}');
    } catch (error) {
      throw bad(`cannot read the body: ${error.message}`);
    }
    if (!isObject(body)) throw bad('the body must be a JSON object');
    return body;
  }

  async function run(path, request) {
    // Browsers say where a request comes from; tools do not. No page may use the hooks, also not by accident.
    if (request.headers.origin !== undefined) throw new HookError(403, 'the test hooks are not for web pages');
    const hook = hooks[`${request.method} ${path}`];
    if (hook) return hook(request.method === 'POST' ? await readJson(request) : {});
    const known = Object.keys(hooks).some((name) => name.endsWith(` ${path}`));
    throw new HookError(known ? 405 : 404, known ? 'wrong method' : 'no such hook');
  }

  return {
    handles: (path) => path.startsWith('/dev/'),
    async handle(path, request, response) {
      let status = 200;
      let body;
      try {
        body = await run(path, request);
      } catch (error) {
        if (!(error instanceof HookError)) throw error;
        ({ status } = error);
        body = { error: error.message };
      }
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(`${JSON.stringify(body)}\n`);
    },
  };
}

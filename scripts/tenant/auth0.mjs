// Koa middleware in front of oidc-provider: where Auth0's behaviour is out of its configuration's reach.
import querystring from 'node:querystring';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { readBody } from './body.mjs';
import { loginPage, messagePage, PAGE_HEADERS } from './pages.mjs';
import { DEMO_PASSWORD, registrations, USERS, userBySub } from './seed.mjs';
import { profileClaims } from './tokens.mjs';

function html(ctx, status, body) {
  ctx.set(PAGE_HEADERS);
  ctx.status = status;
  ctx.type = 'html';
  ctx.body = body;
}

/** Runs `handle` for one method of the paths given; everything else goes on. */
const on = (method, paths, handle) => (ctx, next) =>
  ctx.method === method && paths.includes(ctx.path) ? handle(ctx, next) : next();

/**
 * oidc-provider takes `offline_access` out of the request unless prompt=consent; Auth0 does not. A private
 * parameter carries the wish past it.
 */
function keepOfflineAccess(ctx, next) {
  const { ext_offline: _, ...query } = ctx.query;
  const scopes = String(query.scope ?? '').split(' ');
  ctx.query = scopes.includes('offline_access') ? { ...query, ext_offline: '1' } : query;
  return next();
}

/** Auth0 takes JSON as well as forms; OAuth 2.0 and oidc-provider know forms only. */
async function acceptJson(ctx, next) {
  let fields;
  try {
    const text = await readBody(ctx.req);
    fields = ctx.is('application/json') ? JSON.parse(text) : querystring.parse(text);
    if (fields === null || typeof fields !== 'object' || Array.isArray(fields)) throw new Error('not an object');
  } catch (error) {
    ctx.status = 400;
    ctx.body = { error: 'invalid_request', error_description: `Cannot read the request body: ${error.message}` };
    return undefined;
  }
  // A refresh may ask for more scopes than were granted: Auth0 gives those that were.
  if (fields.grant_type === 'refresh_token') delete fields.scope;
  ctx.req.body = fields;
  ctx.req.headers['content-type'] = 'application/x-www-form-urlencoded';
  return next();
}

function answer(ctx, status, error, description) {
  ctx.status = status;
  ctx.body = { error, error_description: description };
}

/** Auth0's status codes and texts for refusals at the token endpoint. */
async function tokenErrors(ctx, next) {
  const fields = ctx.req.body;
  if (fields.grant_type === 'client_credentials' && !fields.audience) {
    answer(
      ctx,
      403,
      'access_denied',
      'No audience parameter was provided, and no default audience has been configured',
    );
    return;
  }
  await next();
  const error = ctx.body?.error;
  if (error === 'invalid_grant' && fields.grant_type === 'refresh_token') {
    // auth0-spa-js looks for this very text before it falls back to a silent login.
    answer(ctx, 403, error, 'Unknown or invalid refresh token.');
  } else if (error === 'invalid_grant' || error === 'access_denied') {
    ctx.status = 403;
  } else if (error === 'invalid_client') {
    answer(ctx, 401, 'access_denied', 'Unauthorized');
  }
}

/** API tokens carry <issuer>userinfo in `aud`; oidc-provider would refuse a JWT there. */
function userinfo({ config, keys }) {
  return async (ctx, next) => {
    const [, token] = /^Bearer +(ey[\w-]+\.[\w-]+\.[\w-]+)$/i.exec(ctx.get('authorization')) ?? [];
    if (!token) return next();
    const origin = ctx.get('origin');
    ctx.vary('Origin');
    if (config.origins.includes(origin)) ctx.set('access-control-allow-origin', origin);
    try {
      const { payload } = await jwtVerify(token, createLocalJWKSet(keys.jwks), {
        issuer: config.issuer,
        audience: `${config.issuer}userinfo`,
        algorithms: ['RS256'],
      });
      ctx.body = profileClaims(userBySub(payload.sub));
    } catch {
      ctx.set('www-authenticate', 'Bearer error="invalid_token"');
      ctx.status = 401;
      ctx.body = 'Unauthorized';
    }
    return undefined;
  };
}

function clientOfHint(hint) {
  try {
    return decodeJwt(hint).aud;
  } catch {
    return undefined;
  }
}

/**
 * Both of Auth0's logout addresses. They end the session at once and go back to an address of the allow-list;
 * oidc-provider's own would ask the person to confirm.
 */
function logout({ config, provider }) {
  const clients = registrations(config.origins);
  return async (ctx) => {
    const { query } = ctx;
    const returnTo = query.returnTo ?? query.post_logout_redirect_uri;
    const clientId = query.client_id ?? (query.id_token_hint && clientOfHint(query.id_token_hint));
    const allowed = clients
      .filter((client) => clientId === undefined || client.client_id === clientId)
      .flatMap((client) => client.post_logout_redirect_uris ?? []);
    if (returnTo !== undefined && !allowed.includes(returnTo)) {
      html(ctx, 400, messagePage('Invalid logout address', `${returnTo} is not one of the allowed logout URLs.`));
      return;
    }
    const session = await provider.Session.get(ctx);
    if (session.accountId) await session.destroy();
    for (const name of ['auth0', 'auth0.sig']) {
      ctx.cookies.set(name, null, { httpOnly: true, secure: true, sameSite: 'none', signed: false });
    }
    if (returnTo === undefined) {
      html(ctx, 200, messagePage('Logged out', 'You are logged out of the development tenant.'));
      return;
    }
    if (query.state === undefined) {
      ctx.redirect(returnTo);
    } else {
      const target = new URL(returnTo);
      target.searchParams.set('state', query.state);
      ctx.redirect(target.href);
    }
  };
}

function login({ provider }) {
  return async (ctx, next) => {
    if (ctx.path !== '/u/login' || !['GET', 'POST'].includes(ctx.method)) return next();
    let interaction;
    try {
      interaction = await provider.interactionDetails(ctx.req, ctx.res);
    } catch {
      // No cookie, or the login has been finished or forgotten meanwhile.
    }
    // One cookie serves all tabs, so that the login of another tab must not be taken for this one.
    if (!interaction || interaction.uid !== ctx.query.state) {
      html(ctx, 400, messagePage('This login has expired', 'Go back to the application and log in again.'));
      return undefined;
    }
    const client = await provider.Client.find(interaction.params.client_id);
    const form = {
      clientName: client.clientName,
      state: interaction.uid,
      email: interaction.params.login_hint,
      account: ctx.query.account,
    };
    if (ctx.method === 'GET') {
      html(ctx, 200, loginPage(form));
      return undefined;
    }
    const { username, password } = querystring.parse(await readBody(ctx.req));
    const user = USERS.find(({ email }) => email === String(username).trim().toLowerCase());
    if (!user || password !== DEMO_PASSWORD) {
      html(ctx, 400, loginPage({ ...form, account: undefined, email: username, failed: true }));
      return undefined;
    }
    const result = { login: { accountId: user.sub, amr: ['pwd'] } };
    const target = await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
    ctx.status = 303;
    ctx.redirect(target);
    return undefined;
  };
}

/** Puts Auth0's manners in front of `provider`. */
export function addAuth0Manners(provider, { config, keys }) {
  provider.use(on('GET', ['/authorize'], keepOfflineAccess));
  provider.use(on('POST', ['/oauth/token', '/oauth/revoke'], acceptJson));
  provider.use(on('POST', ['/oauth/token'], tokenErrors));
  provider.use(on('GET', ['/userinfo'], userinfo({ config, keys })));
  provider.use(on('GET', ['/v2/logout', '/oidc/logout'], logout({ config, provider })));
  provider.use(login({ provider }));
}

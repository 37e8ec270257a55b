// oidc-provider, set up to behave like an Auth0 tenant. What configuration cannot bend is in auth0.mjs.
import { errorPage, PAGE_HEADERS } from './pages.mjs';
import {
  API,
  API_SCOPES,
  machineById,
  NAMESPACE,
  OIDC_SCOPES,
  permissionsOf,
  registrations,
  SPA_CLIENT,
  userBySub,
} from './seed.mjs';
import { headerFields, MACHINE_TTL, machineClaims, profileClaims, USER_TTL, userClaims } from './tokens.mjs';

const DAY = 86400;

/**
 * The library is loaded here and not at the top because it talks to the console while it loads, and the log
 * has to be open by then.
 */
const library = () => import('oidc-provider');

const isMachine = (client) => client.grantTypeAllowed('client_credentials');

/** Auth0 names the API in `audience`, OAuth 2.0 (RFC 8707) in `resource`. */
const requestedApi = (ctx) => ctx.oidc.params?.audience ?? ctx.oidc.body?.audience;

/** Auth0 names every refusal of an API in these ways. */
function checkGrant(ctx, client, deny) {
  const machine = machineById(client.clientId);
  if (machine.scopes.length === 0) {
    throw deny(
      `Client is not authorized to access "${API}". You need to create a "client-grant" associated to this API.`,
    );
  }
  const missing = (ctx.oidc.params.scope ?? '').split(' ').filter((scope) => scope && !machine.scopes.includes(scope));
  if (missing.length > 0) throw deny(`Client has not been granted scopes: ${missing.join(', ')}`);
}

/** Rewrites a JWT access token into Auth0's form. The scope of the answer follows the token's. */
function accessToken(config) {
  return (ctx, token, jwt) => {
    const { client_id: clientId, sub, iat, exp, jti: tokenId } = jwt.payload;
    const common = { issuer: config.issuer, dialect: config.dialect, iat, exp, tokenId };
    if (token.kind === 'ClientCredentials') {
      const asked = ctx.oidc.params.scope?.split(' ').filter(Boolean);
      jwt.payload = machineClaims({ ...common, machine: machineById(clientId), asked });
    } else {
      const { AuthorizationCode: code, RefreshToken: refreshToken, Grant: grant } = ctx.oidc.entities;
      const asked = (code ?? refreshToken)?.scopes ?? ctx.oidc.requestParamScopes;
      const offline = grant.getOIDCScope().split(' ').includes('offline_access');
      jwt.payload = userClaims({ ...common, user: userBySub(sub), clientId, asked, offline });
    }
    jwt.header = headerFields(config.dialect);
    token.scope = jwt.payload.scope;
  };
}

/**
 * Rights are read afresh for every authorization, without asking for consent: first-party applications
 * get what the person's roles hold, and the rest is dropped silently.
 */
async function grantFor(ctx) {
  const { client, session, params, provider } = ctx.oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope([...OIDC_SCOPES, ...(params.ext_offline ? ['offline_access'] : [])]);
  const permissions = permissionsOf(userBySub(session.accountId));
  if (permissions.length > 0) grant.addResourceScope(API, permissions);
  await grant.save();
  return grant;
}

/** oidc-provider registers no implicit client on localhost or plain http. Locally there is nothing else. */
function allowImplicitOnLocalhost(provider) {
  const schema = provider.Client.Schema.prototype;
  const { invalidate } = schema;
  schema.invalidate = function invalidateUnlessLocal(message, code) {
    if (code === 'implicit-force-https' || code === 'implicit-forbid-localhost') return;
    invalidate.call(this, message, code);
  };
}

/** Builds a provider that signs with the current key. `adapter` and `cookieKeys` outlive it. */
export async function buildProvider({ config, keys, adapter, cookieKeys, log }) {
  const { Provider, errors, interactionPolicy } = await library();
  const deny = (description) => new errors.CustomOIDCProviderError('access_denied', description);

  const policy = interactionPolicy.base();
  policy.remove('consent');

  // Silent login runs in a frame of another site when the host names differ.
  const cookie = { sameSite: 'none', secure: true, httpOnly: true, signed: true };

  const provider = new Provider(config.issuer, {
    adapter,
    clients: registrations(config.origins),
    // The first key signs: that is the current one.
    jwks: { keys: keys.published.map((key) => ({ ...key.privateJwk })) },
    scopes: [...OIDC_SCOPES, 'offline_access'],
    claims: {
      openid: ['sub', 'sid', `${NAMESPACE}roles`, `${NAMESPACE}kind`],
      profile: ['name', 'nickname', 'updated_at'],
      email: ['email', 'email_verified'],
    },
    conformIdTokenClaims: false, // the profile is in the ID token, not only at /userinfo
    responseTypes: ['code', 'id_token', 'id_token token'],
    extraParams: ['audience', 'ext_offline'],
    routes: {
      authorization: '/authorize',
      token: '/oauth/token',
      revocation: '/oauth/revoke',
      userinfo: '/userinfo',
      jwks: '/.well-known/jwks.json',
      end_session: '/oidc/logout',
    },
    pkce: { required: (_ctx, client) => client.clientAuthMethod === 'none' },
    cookies: {
      keys: cookieKeys,
      names: { session: 'auth0', interaction: 'did', resume: 'did_resume' },
      long: cookie,
      short: cookie,
    },
    ttl: {
      AccessToken: config.accessTokenTtl ?? USER_TTL,
      ClientCredentials: config.accessTokenTtl ?? MACHINE_TTL,
      AuthorizationCode: 60,
      IdToken: 36000,
      Interaction: 3600,
      RefreshToken: 30 * DAY,
      Session: 3 * DAY,
      Grant: 30 * DAY,
    },
    clientBasedCORS: (_ctx, origin, client) => client.clientId === SPA_CLIENT && config.origins.includes(origin),
    rotateRefreshToken: true,
    issueRefreshToken: (ctx, client) =>
      client.grantTypeAllowed('refresh_token') &&
      ctx.oidc.entities.Grant.getOIDCScope().split(' ').includes('offline_access'),
    expiresWithSession: () => false,
    interactions: { policy, url: (_ctx, interaction) => `/u/login?state=${interaction.uid}` },
    findAccount: (_ctx, sub) => {
      const user = userBySub(sub);
      return user && { accountId: sub, claims: () => profileClaims(user) };
    },
    loadExistingGrant: grantFor,
    formats: { customizers: { jwt: accessToken(config) } },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      // Experimental in this release of oidc-provider, which is why its version is pinned.
      webMessageResponseMode: { enabled: true, ack: 'individual-draft-01' },
      resourceIndicators: {
        enabled: true,
        defaultResource: requestedApi,
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, identifier, client) => {
          if (identifier !== API) throw deny(`Service not found: ${identifier}`);
          if (isMachine(client)) checkGrant(ctx, client, deny);
          const scopes = isMachine(client) ? machineById(client.clientId).scopes : API_SCOPES;
          return {
            scope: scopes.join(' '),
            audience: identifier,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          };
        },
      },
    },
    renderError: (ctx, details) => {
      ctx.set(PAGE_HEADERS);
      ctx.type = 'html';
      ctx.body = errorPage(details);
    },
  });
  allowImplicitOnLocalhost(provider);

  provider.on('server_error', (ctx, error) => log('server error', ctx.method, ctx.path, error));
  for (const event of ['authorization.error', 'grant.error', 'revocation.error', 'userinfo.error']) {
    provider.on(event, (_ctx, error) => log(event, error.message, error.error_description, error.error_detail ?? ''));
  }
  return provider;
}

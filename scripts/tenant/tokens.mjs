// The one place that knows what an access token says. Logins and the test hooks both build their
// claims here, so a hook's token cannot drift away from a real one.
import { randomBytes } from 'node:crypto';
import { API, API_SCOPES, NAMESPACE, OIDC_SCOPES, permissionsOf } from './seed.mjs';

export const USER_TTL = 7200;
export const MACHINE_TTL = 86400;

export const newTokenId = () => randomBytes(16).toString('base64url');

export const headerFields = (dialect) => ({ typ: dialect.startsWith('rfc9068') ? 'at+jwt' : 'JWT' });

/** The two dialects name the application differently; only RFC 9068 has an id for the token. */
function application(dialect, clientId, tokenId) {
  return dialect.startsWith('rfc9068') ? { client_id: clientId, jti: tokenId } : { azp: clientId };
}

/**
 * A person's token. `asked` are the scopes asked for: role-based access control leaves out, without
 * a word, those the roles do not hold. `permissions` has all that the roles hold, asked for or not.
 */
export function userClaims({ issuer, dialect, user, clientId, asked, offline = false, iat, exp, tokenId }) {
  const permissions = permissionsOf(user);
  const wanted = new Set(asked);
  const scopes = [
    ...OIDC_SCOPES.filter((scope) => wanted.has(scope)),
    ...permissions.filter((scope) => wanted.has(scope)),
    ...(offline ? ['offline_access'] : []),
  ];
  return {
    [`${NAMESPACE}email`]: user.email,
    [`${NAMESPACE}email_verified`]: true,
    [`${NAMESPACE}name`]: user.name,
    [`${NAMESPACE}roles`]: user.roles,
    [`${NAMESPACE}kind`]: user.kind,
    iss: issuer,
    sub: user.sub,
    aud: wanted.has('openid') ? [API, `${issuer}userinfo`] : API,
    iat,
    exp,
    scope: scopes.join(' '),
    ...application(dialect, clientId, tokenId),
    permissions,
  };
}

/** A machine's token: all scopes of its grant, or those asked for. */
export function machineClaims({ issuer, dialect, machine, asked, iat, exp, tokenId }) {
  const scopes = asked?.length ? machine.scopes.filter((scope) => asked.includes(scope)) : machine.scopes;
  return {
    iss: issuer,
    sub: `${machine.id}@clients`,
    aud: API,
    iat,
    exp,
    scope: scopes.join(' '),
    ...(dialect.startsWith('rfc9068') ? {} : { gty: 'client-credentials' }),
    ...application(dialect, machine.id, tokenId),
    permissions: scopes,
  };
}

/** What a login of the web client asks for. */
export const everyScope = [...OIDC_SCOPES, ...API_SCOPES];

/** The user's profile, as the ID token and /userinfo show it. */
export function profileClaims(user) {
  return {
    sub: user.sub,
    name: user.name,
    nickname: user.email.split('@')[0],
    email: user.email,
    email_verified: true,
    updated_at: '2026-01-01T00:00:00.000Z',
    [`${NAMESPACE}roles`]: user.roles,
    [`${NAMESPACE}kind`]: user.kind,
  };
}

import fs from 'node:fs';
import path from 'node:path';

/** A mistake of the person who starts the tenant: shown as one line, without a stack. */
export class StartError extends Error {}

export const HELP = `Usage: node server.mjs

Runs the Timesheets development tenant, an Auth0-shaped OpenID Connect provider
on this machine only. It is configured by environment variables:

  TENANT_STATE        folder for keys and the log, made if missing (required)
  TENANT_TLS_CERT     PEM file with the certificate, or the chain (required)
  TENANT_TLS_KEY      PEM file with its private key (required)
  TENANT_PORT         port to listen on                  [8444]
  TENANT_HOST         loopback host name of the issuer   [localhost]
  TENANT_SPA_ORIGINS  origins of the web client, comma-separated
                                                         [https://localhost:8443]
  TENANT_AT_TTL       lifetime of access tokens in seconds
                                       [7200 for people, 86400 for machines]
  TENANT_DIALECT      access_token_authz or rfc9068_profile_authz
                                                         [access_token_authz]
`;

const DIALECTS = ['access_token_authz', 'rfc9068_profile_authz'];

function integer(env, name, fallback, min, max) {
  const text = env[name];
  if (!text) return fallback;
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < min || value > max) {
    throw new StartError(`${name} must be a whole number from ${min} to ${max}, not "${text}"`);
  }
  return value;
}

function pemFile(env, name) {
  const file = env[name];
  if (!file) throw new StartError(`${name} is not set: give the path of a PEM file`);
  try {
    return fs.readFileSync(file);
  } catch (error) {
    throw new StartError(`${name}: cannot read ${file} (${error.code})`);
  }
}

/** The address to bind. Whatever is not certain to be loopback is refused. */
function loopbackAddress(host) {
  if (/^([a-z0-9-]+\.)*localhost$/i.test(host)) return '127.0.0.1';
  if (/^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(host)) return host;
  if (host === '::1' || host === '[::1]') return '::1';
  throw new StartError(
    `TENANT_HOST is "${host}", but the development tenant listens on loopback only (localhost, *.localhost, 127.x.x.x or ::1)`,
  );
}

function originList(text) {
  const origins = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  for (const origin of origins) {
    if (!/^https?:\/\//.test(origin) || !URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new StartError(`TENANT_SPA_ORIGINS: "${origin}" is not an origin such as https://localhost:8443`);
    }
  }
  if (origins.length === 0) throw new StartError('TENANT_SPA_ORIGINS names no origin');
  return origins;
}

function stateFolder(env) {
  if (!env.TENANT_STATE) {
    throw new StartError('TENANT_STATE is not set: give a folder for the signing keys and the log');
  }
  const folder = path.resolve(env.TENANT_STATE);
  try {
    // Only the last folder is private: others, such as the web server, may share its parents.
    fs.mkdirSync(path.dirname(folder), { recursive: true });
    if (!fs.existsSync(folder)) fs.mkdirSync(folder, { mode: 0o700 });
    fs.accessSync(folder, fs.constants.W_OK | fs.constants.X_OK);
    if (!fs.statSync(folder).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
  } catch (error) {
    throw new StartError(`TENANT_STATE: cannot use ${folder} (${error.code})`);
  }
  return folder;
}

export function readConfig(env) {
  if (env.NODE_ENV === 'production') {
    throw new StartError('the development tenant does not run with NODE_ENV=production');
  }
  const host = env.TENANT_HOST || 'localhost';
  const address = loopbackAddress(host);
  const port = integer(env, 'TENANT_PORT', 8444, 1, 65535);
  const dialect = env.TENANT_DIALECT || DIALECTS[0];
  if (!DIALECTS.includes(dialect)) {
    throw new StartError(`TENANT_DIALECT must be ${DIALECTS.join(' or ')}, not "${dialect}"`);
  }
  const authority = address === '::1' ? '[::1]' : host;
  return {
    address,
    port,
    // URL drops the port where it is the default one, as issuers do.
    issuer: new URL(`https://${authority}:${port}/`).href,
    origins: originList(env.TENANT_SPA_ORIGINS || 'https://localhost:8443'),
    accessTokenTtl: integer(env, 'TENANT_AT_TTL', undefined, 1, 30 * 86400),
    dialect,
    tls: { cert: pemFile(env, 'TENANT_TLS_CERT'), key: pemFile(env, 'TENANT_TLS_KEY') },
    state: stateFolder(env),
  };
}

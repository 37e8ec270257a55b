// Starts the development tenant: reads the configuration, opens the keys, listens, and stops on SIGTERM.
import { randomBytes } from 'node:crypto';
import https from 'node:https';
import { addAuth0Manners } from './auth0.mjs';
import { HELP, readConfig, StartError } from './config.mjs';
import { createHooks } from './dev.mjs';
import { createJwksEndpoint } from './jwks.mjs';
import { KeyStore } from './keys.mjs';
import { openLog } from './log.mjs';
import { buildProvider } from './provider.mjs';
import { createStore } from './store.mjs';

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 12)) {
    throw new StartError(`Node ${process.versions.node} is too old: 20.12 or later is needed`);
  }
}

function createServer(tls, handler) {
  try {
    return https.createServer(tls, handler);
  } catch (error) {
    throw new StartError(`TENANT_TLS_CERT and TENANT_TLS_KEY do not make a usable pair (${error.message})`);
  }
}

function listen(server, { port, address }) {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new StartError(
          error.code === 'EADDRINUSE'
            ? `port ${port} is already in use: stop what listens there or set TENANT_PORT`
            : `cannot listen on ${address} port ${port} (${error.code})`,
        ),
      );
    });
    server.listen(port, address, resolve);
  });
}

/** Everything behind the socket: a function that answers one request. */
async function createTenant(config) {
  const log = openLog(config.state);
  const keys = await KeyStore.open(config.state);
  const shared = { config, keys, log, adapter: createStore(), cookieKeys: [randomBytes(32).toString('base64url')] };

  // oidc-provider reads its keys once. A rotation therefore builds another provider over the same store: logins
  // and refresh tokens live on, and requests under way end where they began.
  let callback;
  async function renewProvider() {
    const provider = await buildProvider(shared);
    addAuth0Manners(provider, shared);
    callback = provider.callback();
  }
  await renewProvider();

  const jwks = createJwksEndpoint(keys);
  const hooks = createHooks({
    config,
    keys,
    jwks,
    async rotate(options) {
      await keys.rotate(options);
      await renewProvider();
    },
  });

  return (request, response) => {
    const path = request.url.split('?', 1)[0];
    const own = [jwks, hooks].find((part) => part.handles(path));
    if (!own) {
      callback(request, response);
      return;
    }
    own.handle(path, request, response).catch((error) => {
      log('server error', request.method, path, error);
      response.destroy();
    });
  };
}

async function start(config) {
  // The port comes first: who does not get it must not touch the files of the tenant that has it. Requests
  // that arrive at once wait for the rest.
  let tenant;
  const server = createServer(config.tls, async (request, response) => (await tenant)(request, response));
  await listen(server, config);
  tenant = createTenant(config);
  await tenant;
  return server;
}

async function main() {
  if (process.argv.includes('--help')) {
    process.stdout.write(HELP);
    return;
  }
  checkNode();
  const config = readConfig(process.env);
  const server = await start(config);
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, () => {
      server.close(() => process.exit(0));
      server.closeAllConnections();
    });
  }
  process.stdout.write(`Development tenant ready at ${config.issuer}\n`);
}

main().catch((error) => {
  process.stderr.write(`tenant: ${error instanceof StartError ? error.message : error.stack}\n`);
  process.exit(1);
});

import fs from 'node:fs';
import path from 'node:path';
import { format } from 'node:util';

/**
 * The log of this run, a file in the state folder. oidc-provider writes remarks for its own operators to the
 * console (that Node 20 is old, that a feature is experimental): they go there too, away from the person
 * who started the tenant.
 */
export function openLog(folder) {
  const file = fs.openSync(path.join(folder, 'tenant.log'), 'w', 0o600);
  const log = (...args) => {
    fs.writeSync(file, `${new Date().toISOString()} ${format(...args)}\n`);
  };
  console.info = log;
  console.warn = log;
  return log;
}

// The running stack: where it is (stack.env), its processes, and how to bring parts of it back.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../../..');

function readEnvironmentFile(file) {
  if (!file) throw new Error('TS_STACK_ENV is not set: start the tests with tests/integration/run');
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  return Object.fromEntries(lines.map((line) => /^([A-Z0-9_]+)='(.*)'$/.exec(line)?.slice(1)).filter(Boolean));
}

/** What scripts/stack wrote down: TS_URL, TS_DB_SOCKET and so on. */
export const stack = readEnvironmentFile(process.env.TS_STACK_ENV);

/** Options that the stack was started with, one a line; without them a test cannot start parts of it again. */
const upOptions = process.env.TS_STACK_OPTIONS?.split('\n').filter(Boolean);

/** For tests that stop a part for good and need scripts/stack to start it: false, or why they are skipped. */
export const needsUp = upOptions ? false : 'TS_STACK_OPTIONS does not say how this stack was started';

/** Starts what does not run. Resolves when the API is ready. */
export function stackUp() {
  return run(path.join(ROOT, 'scripts/stack'), ['up', '--quiet', ...upOptions]);
}

export function pidOf(part) {
  const names = { database: 'DB', tenant: 'TENANT', nginx: 'NGINX', 'api-1': 'API_1', 'api-2': 'API_2' };
  return Number(fs.readFileSync(stack[`TS_${names[part]}_PID_FILE`], 'utf8'));
}

export const POOLS = ['api-1', 'api-2'];

/** Process ids of the workers of one pool, or of all. */
export async function workersOf(...pools) {
  const parents = (pools.length > 0 ? pools : POOLS).map(pidOf).join(',');
  const { stdout } = await run('ps', ['-o', 'pid=,state=,comm=', '--ppid', parents]).catch(() => ({ stdout: '' }));
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([pid, state, name]) => pid && state !== 'Z' && name.startsWith('timesheets-api'))
    .map(([pid]) => Number(pid));
}

/** Sends a signal; a process that has ended meanwhile is no error. */
export function signal(pid, name) {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}

export const isAlive = (pid) => signal(pid, 0);

/** The first line of a secret of this stack. */
export function secret(name) {
  return fs.readFileSync(path.join(stack.TS_STACK_DIR, 'secrets', name), 'utf8').split('\n')[0];
}

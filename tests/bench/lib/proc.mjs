// What processes use, from /proc.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

const ticks = Number(execFileSync('getconf', ['CLK_TCK']));
const read = (file) => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

export const pidOf = (file) => Number(read(file).trim());

function stat(pid) {
  const text = read(`/proc/${pid}/stat`);
  const end = text.lastIndexOf(')');
  if (end < 0) return undefined;
  const fields = text.slice(end + 2).split(' ');
  return {
    pid,
    name: text.slice(text.indexOf('(') + 1, end),
    parent: Number(fields[1]),
    // A process that has been waited for stays in its parent's sum (the last two).
    cpu: fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / ticks,
    started: fields[19],
  };
}

// The processes with these ids and all that descend from them.
export function family(roots) {
  const all = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => stat(Number(name)))
    .filter(Boolean);
  const found = [];
  let parents = new Set(roots);
  let level = all.filter((process) => parents.has(process.pid));
  while (level.length > 0) {
    found.push(...level);
    parents = new Set(level.map((process) => process.pid));
    level = all.filter((process) => parents.has(process.parent));
  }
  return found;
}

export const cpuSeconds = (roots) => family(roots).reduce((sum, process) => sum + process.cpu, 0);

export function memory(pid) {
  const value = (name, text) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  const rollup = read(`/proc/${pid}/smaps_rollup`);
  return { rss: value('Rss', rollup), pss: value('Pss', rollup), private: value('Private_Dirty', rollup) };
}

export const descriptors = (pid) => fs.readdirSync(`/proc/${pid}/fd`).length;

export const cores = () => read('/proc/cpuinfo').match(/^processor/gm).length;

// The stack's parts, from the variables of its stack.env.
export const stackPids = (env = process.env) => ({
  app: [pidOf(env.TS_API_1_PID_FILE), pidOf(env.TS_API_2_PID_FILE)],
  nginx: [pidOf(env.TS_NGINX_PID_FILE)],
  db: [pidOf(env.TS_DB_PID_FILE)],
});

export const workers = (env = process.env) =>
  family(stackPids(env).app).filter((process) => process.name === 'timesheets-api');

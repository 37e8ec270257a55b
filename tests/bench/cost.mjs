// The tables of worker-cost, from its pairs of counts. Exit code 1 when the database is called too often.
//   node cost.mjs FOLDER REQUESTS KIND...
import fs from 'node:fs';
import path from 'node:path';
import { table } from './lib/table.mjs';

const [folder, requests, ...kinds] = process.argv.slice(2);

function read(kind, tool, which) {
  const text = fs.readFileSync(path.join(folder, `${kind}.${tool}.${which}`), 'utf8');
  return new Map(
    text
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [name, value] = line.trim().split(/\s+/);
        return [name, Number(value)];
      }),
  );
}

// Per request: what the longer run counted beyond the shorter.
function each(kind, tool) {
  const least = read(kind, tool, 'least');
  const most = read(kind, tool, 'most');
  return new Map([...most].map(([name, value]) => [name, (value - (least.get(name) ?? 0)) / Number(requests)]));
}

const counts = Object.fromEntries(
  kinds.map((kind) => [
    kind,
    Object.fromEntries(['database', 'syscalls', 'memory', 'instructions'].map((tool) => [tool, each(kind, tool)])),
  ]),
);
const sum = (map) => [...map.values()].reduce((a, b) => a + b, 0);
const show = (value, digits = 2) => (Math.abs(value) < 0.005 ? '0' : value.toFixed(digits));
const row = (name, value, digits) => [name, ...kinds.map((kind) => show(value(counts[kind]), digits))];

console.log(`\nA request costs a worker (requests one after the other; ${requests} counted)`);
console.log(
  table(
    ['', ...kinds],
    [
      row('database calls', (c) => c.database.get('Questions')),
      row('  statements executed', (c) => c.database.get('Com_stmt_execute')),
      row(
        '  prepared, reset, closed',
        (c) => c.database.get('Com_stmt_prepare') + c.database.get('Com_stmt_reset') + c.database.get('Com_stmt_close'),
      ),
      row('system calls', (c) => sum(c.syscalls)),
      row('blocks allocated', (c) => c.memory.get('made')),
      row('  freed', (c) => c.memory.get('freed')),
      row('  kilobytes asked for', (c) => c.memory.get('bytes') / 1024, 1),
      row('thousand instructions', (c) => c.instructions.get('instructions') / 1000, 1),
    ],
  ),
);

const names = [...new Set(kinds.flatMap((kind) => [...counts[kind].syscalls.keys()]))]
  .filter((name) => kinds.some((kind) => Math.abs(counts[kind].syscalls.get(name) ?? 0) >= 0.01))
  .sort((a, b) => (counts[kinds[0]].syscalls.get(b) ?? 0) - (counts[kinds[0]].syscalls.get(a) ?? 0));
console.log('\nSystem calls');
console.log(
  table(
    ['', ...kinds],
    names.map((name) => [name, ...kinds.map((kind) => show(counts[kind].syscalls.get(name) ?? 0))]),
  ),
);

const limit = { get: 1, post: 4, 'post-keyed': 4 };
let failed = false;
for (const kind of kinds.filter((name) => limit[name] !== undefined)) {
  const calls = counts[kind].database.get('Questions');
  // A project is asked for anew when the worker's copy is a second old.
  if (calls > limit[kind] + 0.05) {
    console.log(`${kind} calls the database ${show(calls)} times; it may ${limit[kind]} times.`);
    failed = true;
  }
}
process.exit(failed ? 1 : 0);

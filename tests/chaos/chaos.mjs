// Runs the faults that were asked for and prints what each came to. Exit code 1 when anything
// acknowledged was lost, anything was stored twice, or somebody got in.
//   node chaos.mjs SCALE [NAME...]

import { percentile, table } from '../bench/lib/table.mjs';
import { FAULTS, newLoad } from './faults.mjs';

const [scale, ...only] = process.argv.slice(2);
const totals = [];
const goalRows = [];
let failed = false;
let missed = 0;

for (const [name, title, disturb, seconds, lanes] of FAULTS) {
  if (only.length > 0 && !only.includes(name)) continue;
  console.error(`${title} ...`);
  const load = newLoad(lanes);
  const goals = await disturb(load, Math.max(1, Math.round(seconds * Number(scale))));
  const found = load.audit();
  const safe = found.lost + found.duplicates + found.disagreeing + found.unauthorised + load.undecided.size;
  if (safe > 0 || load.acknowledged.size === 0) failed = true;
  totals.push([
    title,
    load.acknowledged.size,
    load.failed(),
    load.refusals,
    percentile(load.times, 99).toFixed(0),
    (load.gap() / 1000).toFixed(2),
    found.lost,
    found.duplicates,
    found.disagreeing,
    found.unauthorised,
    load.undecided.size,
  ]);
  for (const goal of goals) {
    goalRows.push([title, goal.what, goal.goal, goal.seen, goal.met ? 'met' : 'missed']);
    if (!goal.met) missed++;
  }
  for (const [what, n] of load.failures) console.error(`  ${n} x ${what}`);
  for (const breach of load.breaches.slice(0, 5)) console.error(`  let in: ${breach}`);
}
console.log(
  '\nWrites with a key, repeated until acknowledged, and forged tokens beside them. The last five columns must be 0:',
);
console.log('lost: acknowledged and not stored; twice: stored more than once; weeks: disagree with their entries;');
console.log('let in: without right; given up: never acknowledged.');
console.log(
  table(
    [
      'fault, under load',
      'writes',
      'failed tries',
      'forgeries',
      'p99 ms',
      'gap s',
      'lost',
      'twice',
      'weeks',
      'let in',
      'given up',
    ],
    totals,
  ),
);
console.log();
console.log(table(['fault', 'goal', 'wanted', 'seen', ''], goalRows));
if (missed > 0)
  console.log(`${missed} goals of time were missed. On a busy machine they may be; nothing was lost by it.`);
if (failed) console.log('NOT SAFE: see the first table.');
process.exit(failed ? 1 : 0);

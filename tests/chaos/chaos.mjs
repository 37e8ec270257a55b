// Runs the faults that were asked for and prints what each came to. Exit code 1 when anything
// acknowledged was lost, anything was stored twice, or somebody got in.
//   node chaos.mjs SCALE [NAME...]
import { FAULTS, newLoad } from './faults.mjs';
import { percentile, table } from '../bench/lib/table.mjs';

const [scale, ...only] = process.argv.slice(2);
const rows = [];
let failed = false;
let missed = 0;

for (const [name, title, disturb, seconds, lanes] of FAULTS) {
  if (only.length > 0 && !only.includes(name)) continue;
  console.error(`${title} ...`);
  const load = newLoad(lanes);
  const goals = await disturb(load, Math.max(1, Math.round(seconds * Number(scale))));
  const found = load.audit();
  const safe = [['acknowledged and lost', found.lost], ['stored twice', found.duplicates],
    ['weeks that disagree with their entries', found.disagreeing], ['let in without right', found.unauthorised],
    ['writes that were given up', load.undecided.size]];
  if (safe.some(([, n]) => n > 0) || load.acknowledged.size === 0) failed = true;
  rows.push([title, `${load.acknowledged.size} writes, ${load.failed()} failed tries, ${load.refusals} forgeries`, '',
    `p99 ${percentile(load.times, 99).toFixed(0)} ms, gap ${(load.gap() / 1000).toFixed(2)} s`, '']);
  for (const [what, n] of safe) rows.push([`  ${what}`, '', '0', String(n), n === 0 ? 'met' : 'MISSED']);
  for (const goal of goals) {
    rows.push([`  ${goal.what}`, '', goal.goal, goal.seen, goal.met ? 'met' : 'missed']);
    if (!goal.met) missed++;
  }
  for (const [what, n] of load.failures) console.error(`  ${n} x ${what}`);
  for (const breach of load.breaches.slice(0, 5)) console.error(`  let in: ${breach}`);
}
console.log(table(['fault, under load', 'load', 'goal', 'seen', ''], rows));
if (missed > 0) console.log(`${missed} goals of time were missed. On a busy machine they may be; nothing was lost by it.`);
if (failed) console.log('NOT SAFE: see the lines marked MISSED.');
process.exit(failed ? 1 : 0);

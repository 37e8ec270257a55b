// 10 uploads of 10,000 rows each, one after the other, one worker by rss
import fs from 'node:fs';
const lib = '/tmp/wt/upload/tests/integration/lib/';
const { newContractor, newMachine, newSource, rowOf, upload, write, NDJSON, CSV, entriesOf } = await import(lib + 'uploads.mjs');
const { addDays } = await import(lib + 'dates.mjs');
const { workersOf } = await import(lib + 'stack.mjs');
const machine = await newMachine();
const source = await newSource();
const people = await Promise.all(Array.from({ length: 100 }, () => newContractor()));
const mode = process.argv[2] ?? 'partial';
const shape = process.argv[3] ?? 'day'; // rows of a file: by day or by person
const status = (pid) => Object.fromEntries([...fs.readFileSync(`/proc/${pid}/status`, 'utf8').matchAll(/^(VmHWM|VmRSS|RssAnon|RssFile):\s+(\d+)/gm)].map((m) => [m[1], +m[2]]));
for (const pid of await workersOf()) console.log('before', pid, JSON.stringify(status(pid)));
const run = async (label, change = {}) => {
  let total = 0, rows = 0;
  for (let n = 0; n < 10; n++) {
    const body = write.ndjson(Array.from({ length: 10000 }, (_, k) => {
      const i = n * 10000 + k;
      const [p, d] = shape === 'day' ? [i % 100, Math.floor(i / 100)] : [Math.floor(i / 1000), i % 1000];
      return rowOf(people[p], { external_id: `S-${i}`, date: addDays('2020-01-06', d), minutes: 60, note: `Work number ${i}`, ...change });
    }));
    const t = performance.now();
    const reply = await upload(machine, body, { source, mode, type: NDJSON });
    const ms = performance.now() - t;
    if (reply.json.rejected > 0) { console.log(reply.status, JSON.stringify(reply.json.rows.filter((r) => r.outcome === "rejected").slice(0,3))); process.exit(1); }
    total += ms; rows += 10000;
    if (n === 0) console.log('  first', Math.round(ms), 'ms', Object.entries(reply.json).filter(([k]) => k !== 'rows').map(([k, v]) => `${k}=${v}`).join(' '));
  }
  console.log(label, mode, shape, Math.round(rows / total * 1000), 'rows/s');
};
await run('create');
await run('unchanged');
await run('update', { minutes: 61 });
for (const pid of await workersOf()) console.log('after', pid, JSON.stringify(status(pid)));
process.exit(0);

// Measures a running stack with wrk: requests a second, times, and CPU a request of workers, nginx and
// database.
//   node own.mjs KEYS SECONDS ROUNDS CONNECTIONS [LABEL] [OUT.json]
// With OUT the samples are added to that file, so that several settings can share one table (--print).
//   node own.mjs --print OUT.json

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { cores, cpuSeconds, memory, stackPids, workers } from './lib/proc.mjs';
import { median, table } from './lib/table.mjs';

const here = import.meta.dirname;
const TOKENS = 200; // as many as lib/tokens.mjs makes of each kind

// The list of each reader in turn.
function listRequests(keys) {
  const file = path.join(keys, 'requests-get.txt');
  const tokens = fs.readFileSync(path.join(keys, 'tokens-get.txt'), 'utf8').trim().split('\n');
  fs.writeFileSync(file, tokens.map((token) => `/api/timesheets\t${token}\n`).join(''), { mode: 0o600 });
  return file;
}

function wrk(scenario, keys, seconds, connections) {
  const reads = scenario === 'get';
  const args = [
    `-t${connections > 1 ? 2 : 1}`,
    `-c${connections}`,
    `-d${seconds}s`,
    '--timeout',
    '10s',
    '-s',
    path.join(here, reads ? 'lines.lua' : 'post.lua'),
    `${process.env.TS_URL}/api/timesheets`,
  ];
  const env = {
    ...process.env,
    ...(reads ? { REQUESTS: listRequests(keys) } : { TOKENS: path.join(keys, 'tokens-post.txt') }),
    KEYED: scenario === 'post, keyed' ? '1' : '0',
  };
  return new Promise((resolve, reject) => {
    const child = spawn('wrk', args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (data) => {
      out += data;
    });
    child.on('error', reject);
    child.on('close', () => {
      const found = /RESULT (\{.*\})/.exec(out);
      if (found) resolve(JSON.parse(found[1]));
      else reject(new Error(`wrk said: ${out}`));
    });
  });
}

const busy = () => {
  const fields = fs.readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/).slice(1, 9).map(Number);
  return { all: fields.reduce((a, b) => a + b), idle: fields[3] + fields[4] };
};

async function measure(scenario, keys, seconds, connections, label) {
  const parts = stackPids();
  const now = () => Object.fromEntries(Object.entries(parts).map(([name, pids]) => [name, cpuSeconds(pids)]));
  const before = now();
  const machine = busy();
  const result = await wrk(scenario, keys, seconds, connections);
  const after = now();
  const end = busy();
  const each = (name) => ((after[name] - before[name]) / result.requests) * 1000;
  return {
    label,
    scenario,
    errors: result.errors,
    rate: (result.requests / result.us) * 1e6,
    p50: result.p50 / 1000,
    p99: result.p99 / 1000,
    app: each('app'),
    nginx: each('nginx'),
    db: each('db'),
    used: (1 - (end.idle - machine.idle) / (end.all - machine.all)) * 100,
    pss: workers().reduce((sum, worker) => sum + memory(worker.pid).pss, 0) / 1024,
  };
}

function print(samples) {
  for (const scenario of ['get', 'post', 'post, keyed']) {
    const mine = samples.filter((sample) => sample.scenario === scenario);
    if (mine.length === 0) continue;
    const rows = [...new Set(mine.map((sample) => sample.label))].map((label) => {
      const list = mine.filter((sample) => sample.label === label);
      const mid = (name) => median(list.map((sample) => sample[name]));
      return [
        label,
        mid('rate').toFixed(0),
        mid('p50').toFixed(2),
        mid('p99').toFixed(2),
        mid('app').toFixed(3),
        mid('nginx').toFixed(3),
        median(list.map((s) => s.app + s.nginx)).toFixed(3),
        Math.min(...list.map((s) => s.app + s.nginx)).toFixed(3),
        mid('db').toFixed(3),
        `${mid('used').toFixed(0)}%`,
        mid('pss').toFixed(1),
        list.reduce((sum, s) => sum + s.errors, 0),
      ];
    });
    const title = { get: 'GET, a list of 50', post: 'POST', 'post, keyed': 'POST with an Idempotency-Key' }[scenario];
    console.log(`\n${title} (medians; CPU in ms a request; machine: share of its ${cores()} cores that was in use)`);
    console.log(
      table(
        [
          '',
          'req/s',
          'p50 ms',
          'p99 ms',
          'workers',
          'nginx',
          'both',
          'lowest',
          'database',
          'machine',
          'PSS MB',
          'errors',
        ],
        rows,
      ),
    );
  }
}

const args = process.argv.slice(2);
if (args[0] === '--print') {
  print(JSON.parse(fs.readFileSync(args[1], 'utf8')));
} else {
  const [keys, seconds, rounds, connections, label = 'timesheets', out] = args;
  const samples = out && fs.existsSync(out) ? JSON.parse(fs.readFileSync(out, 'utf8')) : [];
  const scenarios = process.env.SCENARIOS?.split(';') ?? ['get', 'post', 'post, keyed'];
  // Each worker checks each token once; that must not count, so everybody has seen everyone before.
  for (const scenario of scenarios) {
    const enough = workers().length * TOKENS * 4;
    for (let sent = 0; sent < enough && scenario !== 'post, keyed'; )
      sent += (await wrk(scenario, keys, 1, connections)).requests;
  }
  let errors = 0;
  for (let round = 0; round < Number(rounds); round++) {
    for (const scenario of scenarios) {
      const sample = await measure(scenario, keys, seconds, connections, label);
      samples.push(sample);
      errors += sample.errors;
      console.error(
        `${label}, round ${round + 1}, ${scenario}: ${sample.rate.toFixed(0)} req/s${sample.errors ? `, ${sample.errors} ERRORS` : ''}`,
      );
    }
  }
  if (out) fs.writeFileSync(out, JSON.stringify(samples));
  else print(samples);
  process.exit(errors > 0 ? 1 : 0);
}

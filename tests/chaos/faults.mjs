// The faults, one function each: set up, disturb a load, take stock.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { Client, inParallel } from '../bench/lib/client.mjs';
import { pidOf, workers } from '../bench/lib/proc.mjs';
import { percentile } from '../bench/lib/table.mjs';
import { minter } from '../bench/lib/tokens.mjs';
import { Load } from './load.mjs';
import { Relay } from './relay.mjs';

const run = promisify(execFile);
const env = process.env;
const signal = (pid, name) => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
};
const pick = (list) => list[Math.floor(Math.random() * list.length)];

// scripts/stack with this stack's options, which chaos/run hands over as a JSON array.
const stackUp = (...more) => run(env.CHAOS_STACK, ['up', ...JSON.parse(env.CHAOS_STACK_OPTIONS), ...more]);

// Every goal of the form: what was wanted, what was seen, was it met.
const most = (what, seen, limit, unit = '') => ({
  what,
  goal: `<= ${limit}${unit}`,
  seen: `${Math.round(seen * 100) / 100}${unit}`,
  met: seen <= limit,
});
const yes = (what, met, seen) => ({ what, goal: 'yes', seen: seen ?? (met ? 'yes' : 'no'), met });

async function under(load, disturb) {
  load.start();
  await sleep(1000);
  const extra = await disturb();
  await sleep(1500);
  await load.stop();
  return extra ?? [];
}

// Asks again and again, each time after the answer or a pause, until stopped.
function probe(path, everyMs) {
  const client = new Client({ connections: 4, timeoutMs: 20000 });
  const seen = [];
  let running = true;
  const done = (async () => {
    while (running) {
      const from = performance.now();
      const status = await client.request('GET', path).then(
        (reply) => reply.status,
        () => 0,
      );
      seen.push({ from, status, ms: performance.now() - from });
      await sleep(everyMs);
    }
  })();
  return {
    seen,
    stop: async () => {
      running = false;
      await done;
      client.close();
    },
  };
}

export async function killOne(load, seconds) {
  const extra = await under(load, async () => {
    for (let n = 0; n < seconds; n++) {
      signal(pick(workers()).pid, 'SIGKILL');
      await sleep(1000);
    }
  });
  return [
    ...extra,
    most('failed tries', (load.failed() / load.tries) * 100, 1, ' %'),
    most('longest gap', load.gap() / 1000, 1, ' s'),
  ];
}

export async function killAll(load, seconds) {
  await under(load, async () => {
    for (let n = 0; n < seconds; n += 5) {
      for (const worker of workers()) signal(worker.pid, 'SIGKILL');
      await sleep(5000);
    }
  });
  return [most('longest gap', load.gap() / 1000, 2, ' s')];
}

const databaseAnswers = () =>
  new Promise((resolve) => {
    // A server that is up greets whoever connects.
    const socket = net.connect(env.TS_DB_SOCKET);
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', () => end(true));
    socket.once('error', () => end(false));
    socket.setTimeout(500, () => end(false));
  });

export async function databaseKilled(load, seconds) {
  const outages = [];
  await under(load, async () => {
    for (let n = 0; n < seconds; n += 15) {
      const until = sleep(15000);
      const killed = performance.now();
      signal(pidOf(env.TS_DB_PID_FILE), 'SIGKILL');
      await sleep(2000);
      const starting = stackUp();
      while (!(await databaseAnswers())) await sleep(10);
      outages.push([killed, performance.now()]);
      await starting;
      await until;
    }
  });
  const within = ([from]) => outages.some(([start, end]) => from > start + 50 && from < end - 50);
  const down = load.answers.filter(within);
  // Most answer at once; one in a second is the worker's own try to connect.
  return [
    yes(
      '503 while it is down',
      down.length > 0 && down.every(([, status]) => status === 503),
      [...new Set(down.map(([, status]) => status))].join(', ') || 'nothing asked',
    ),
    most('slowest answer while it is down', Math.max(0, ...down.map(([, , ms]) => ms)) / 1000, 2, ' s'),
    most(
      'serving after it is back',
      Math.max(...outages.map(([, back]) => Math.min(Infinity, ...load.acks.filter((when) => when > back)) - back)) /
        1000,
      3,
      ' s',
    ),
  ];
}

export async function databaseFrozen(load) {
  const live = probe('/api/health/live', 200);
  await under(load, async () => {
    const pid = pidOf(env.TS_DB_PID_FILE);
    signal(pid, 'SIGSTOP');
    try {
      await sleep(8000);
    } finally {
      signal(pid, 'SIGCONT');
    }
  });
  await live.stop();
  return [
    most('slowest answer', Math.max(...load.answers.map(([, , ms]) => ms)) / 1000, 9, ' s'),
    yes(
      'live stays 200',
      live.seen.every(({ status }) => status === 200),
    ),
    most('slowest answer of live', Math.max(...live.seen.map(({ ms }) => ms)) / 1000, 9, ' s'),
  ];
}

export async function connectionsCut(load, seconds) {
  const relay = new Relay({ listen: path.join(env.TS_STACK_DIR, 'run', 'relay.sock'), database: env.TS_DB_SOCKET });
  await relay.start();
  try {
    await stackUp('--set', `TS_DB_SOCKET=${relay.listen}`);
    await under(load, async () => {
      relay.active = true;
      await sleep(seconds * 1000);
      relay.active = false;
    });
    await stackUp();
  } finally {
    relay.stop();
  }
  const cuts = Object.entries(relay.cuts)
    .map(([where, n]) => `${n} ${where}`)
    .join(', ');
  return [
    yes(
      'connections were cut at each place',
      Object.values(relay.cuts).every((n) => n > 0),
      cuts,
    ),
  ];
}

// Clients that hold connections and send next to nothing: idle, header by header, body byte by byte.
async function slowClients(count, token) {
  const url = new URL(env.TS_URL);
  const sockets = await Promise.all(
    Array.from(
      { length: count },
      (_, i) =>
        new Promise((resolve) => {
          const socket = tls.connect(
            { host: '127.0.0.1', port: url.port, servername: url.hostname, ca: fs.readFileSync(env.TS_CA_FILE) },
            () => {
              if (i % 3 === 1) socket.write('GET /api/timesheets HTTP/1.1\r\nHost: localhost\r\n');
              if (i % 3 === 2)
                socket.write(
                  `POST /api/timesheets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer ${token}\r\nContent-Length: 60000\r\n\r\n{`,
                );
              resolve(socket);
            },
          );
          socket.on('error', () => resolve(socket));
          // What is not read fills the buffers: the slowest reader there is.
          socket.pause();
        }),
    ),
  );
  const timer = setInterval(() => {
    sockets.forEach((socket, i) => {
      if (!socket.writable) return;
      if (i % 3 === 1) socket.write('X-A: 1\r\n');
      if (i % 3 === 2) socket.write(' ');
    });
  }, 1000);
  return () => {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  };
}

export async function slow(load, seconds) {
  await under(load, async () => {
    const stop = await slowClients(200, load.people[0]);
    await sleep(seconds * 1000);
    stop();
  });
  return [most('p99 of good requests', percentile(load.times, 99), 500, ' ms'), most('failed tries', load.failed(), 0)];
}

function tenantStats() {
  return new Promise((resolve, reject) => {
    https
      .get(
        new URL('dev/jwks-stats', env.TS_TENANT_URL),
        { ca: fs.readFileSync(env.TS_CA_FILE), family: 4 },
        (response) => {
          let text = '';
          response.on('data', (data) => {
            text += data;
          });
          response.on('end', () => resolve(JSON.parse(text)));
        },
      )
      .on('error', reject);
  });
}

export async function unknownKeys(load, seconds) {
  const mint = minter();
  const client = new Client({ connections: 8 });
  const fetches = async () => (await tenantStats()).requests;
  const tokens = Array.from({ length: 400 }, (_, i) =>
    mint('auth0|nobody', { header: { kid: `unknown-${i}-${Math.random()}` } }),
  );
  let wrong = 0;
  let middle = 0;
  const before = await fetches();
  await under(load, async () => {
    await sleep(seconds * 500);
    middle = load.times.length;
    const until = performance.now() + seconds * 500;
    // Close to 200 a second, beside the load.
    await inParallel(tokens.length, 2, async (lane) => {
      for (let n = lane; performance.now() < until; n++) {
        const reply = await client.request('GET', '/api/timesheets', { token: tokens[n % tokens.length] });
        if (reply.status !== 401) wrong++;
        await sleep(10);
      }
    });
  });
  client.close();
  const quiet = percentile(load.times.slice(0, middle), 50);
  const during = percentile(load.times.slice(middle), 50);
  const limit = 2 * Math.ceil((load.ended - load.begun) / 60000);
  return [
    yes('every one refused with 401', wrong === 0, wrong === 0 ? 'yes' : `${wrong} not`),
    most('fetches of the key set', (await fetches()) - before, limit),
    most('median of good requests, by before', during / quiet, 2),
  ];
}

// name, what it is called, how long it takes at the usual length, lanes of load
export const FAULTS = [
  ['kill-one', 'a random worker killed each second', killOne, 20, 16],
  ['kill-all', 'all workers killed each 5 s', killAll, 20, 16],
  ['database-killed', 'database killed and restarted each 15 s', databaseKilled, 45, 16],
  ['database-frozen', 'database frozen for 8 s', databaseFrozen, 8, 24],
  ['connections-cut', 'connections to the database cut', connectionsCut, 20, 16],
  ['slow-clients', '200 slow or idle clients', slow, 20, 8],
  ['unknown-keys', 'a flood of unknown key ids', unknownKeys, 15, 4],
];

export const newLoad = (lanes) => new Load({ lanes });

// Gives each reader of the load 50 entries through the API, as far as they are missing, so that every
// list that is measured is full. Prints how many were made.
//   node seed.mjs TOKENS.txt
import fs from 'node:fs';
import { Client, entryBody, inParallel } from './lib/client.mjs';

const tokens = fs.readFileSync(process.argv[2], 'utf8').trim().split('\n');
const client = new Client({ connections: 16 });
const date = (i) => new Date(Date.now() - (i + 1) * 864e5).toISOString().slice(0, 10);
let made = 0;

await inParallel(tokens.length, 16, async (n) => {
  const token = tokens[n];
  const list = await client.request('GET', '/api/timesheets', { token });
  if (list.status !== 200) throw new Error(`GET /api/timesheets: ${list.status} ${list.text}`);
  for (let i = JSON.parse(list.text).length; i < 50; i++) {
    const reply = await client.request('POST', '/api/timesheets', { token, body: entryBody(date(i), 7.5) });
    if (reply.status !== 201) throw new Error(`POST /api/timesheets: ${reply.status} ${reply.text}`);
    made++;
  }
});
client.close();
console.log(made);

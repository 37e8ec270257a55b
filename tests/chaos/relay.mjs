// A relay between the workers and the database that loses connections: now and then after any number of
// bytes, and often around COMMIT, before it, in it, after it and in its answer. It reads just so much of
// the protocol as it needs to know which message is a COMMIT.
import fs from 'node:fs';
import net from 'node:net';

const PREPARE = 0x16;
const EXECUTE = 0x17;

export class Relay {
  constructor({ listen, database, commitCut = 0.04, meanBytes = 400000 }) {
    Object.assign(this, { listen, database, commitCut, meanBytes });
    this.cuts = { 'any byte': 0, 'before COMMIT': 0, 'within COMMIT': 0, 'after COMMIT': 0, 'within its answer': 0 };
    this.connections = new Set();
    this.active = false;
  }

  async start() {
    fs.rmSync(this.listen, { force: true });
    this.server = net.createServer({ allowHalfOpen: false }, (client) => this.#join(client));
    await new Promise((resolve, reject) => this.server.once('error', reject).listen(this.listen, resolve));
    // The workers run as another account than this program.
    fs.chmodSync(this.listen, 0o666);
  }

  stop() {
    for (const end of this.connections) end();
    this.server.close();
  }

  #join(client) {
    const database = net.connect(this.database);
    const end = () => {
      this.connections.delete(end);
      client.destroy();
      database.destroy();
    };
    this.connections.add(end);
    for (const socket of [client, database]) {
      socket.on('error', end);
      socket.on('close', end);
    }
    const state = {
      commit: -1,
      preparing: false,
      answer: undefined,
      left: -Math.log(1 - Math.random()) * this.meanBytes,
    };
    // Passes on what is left before the cut, if there is to be one.
    const pass = (to, data) => {
      if (!this.active || data.length < state.left) {
        if (this.active) state.left -= data.length;
        to.write(data);
        return;
      }
      this.cuts['any byte']++;
      this.#cut(to, data.subarray(0, Math.floor(state.left)), end);
    };
    client.on('data', (data) => this.#fromWorker(data, state, database, pass, end));
    database.on('data', (data) => this.#fromDatabase(data, state, client, pass, end));
  }

  #cut(to, data, end) {
    if (data.length === 0) end();
    else to.write(data, end);
  }

  // A worker sends one command and waits for its answer, so a piece of data begins with its head: length
  // (3 bytes), sequence number, command, and for EXECUTE the statement's number.
  #fromWorker(data, state, database, pass, end) {
    const command = data.length > 4 && data[3] === 0 ? data[4] : -1;
    if (command === PREPARE) state.preparing = data.subarray(5, data.readUIntLE(0, 3) + 4).toString() === 'COMMIT';
    const isCommit = command === EXECUTE && data.length >= 9 && data.readUInt32LE(5) === state.commit;
    if (!isCommit || !this.active || Math.random() >= this.commitCut) {
      pass(database, data);
      return;
    }
    const where = ['before COMMIT', 'within COMMIT', 'after COMMIT', 'within its answer'][
      Math.floor(Math.random() * 4)
    ];
    this.cuts[where]++;
    if (where === 'before COMMIT') {
      end();
    } else if (where === 'within COMMIT') {
      this.#cut(database, data.subarray(0, 1 + Math.floor(Math.random() * (data.length - 1))), end);
    } else {
      state.answer = where;
      database.write(data);
    }
  }

  #fromDatabase(data, state, client, pass, end) {
    if (state.preparing) {
      state.preparing = false;
      // OK of a PREPARE: head (4 bytes), 0, the statement's number.
      if (data.length >= 9 && data[4] === 0) state.commit = data.readUInt32LE(5);
    }
    if (state.answer === 'after COMMIT') end();
    else if (state.answer === 'within its answer')
      this.#cut(client, data.subarray(0, Math.floor(Math.random() * data.length)), end);
    else pass(client, data);
  }
}

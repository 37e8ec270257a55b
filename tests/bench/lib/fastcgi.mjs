// A FastCGI client as small as it can be: one request a connection, as nginx does it, without nginx.
import net from 'node:net';

const BEGIN = 1;
const PARAMS = 4;
const STDIN = 5;
const STDOUT = 6;
const END = 3;

function record(type, content) {
  const head = Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0]);
  return Buffer.concat([head, content]);
}

const size = (n) =>
  n < 128 ? Buffer.from([n]) : Buffer.from([(n >>> 24) | 128, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);

export function encodeRequest(params, body = '') {
  const pairs = Object.entries(params).map(([name, value]) => {
    const [n, v] = [Buffer.from(name), Buffer.from(value)];
    return Buffer.concat([size(n.length), size(v.length), n, v]);
  });
  const parts = [
    record(BEGIN, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])),
    record(PARAMS, Buffer.concat(pairs)),
    record(PARAMS, Buffer.alloc(0)),
  ];
  if (body !== '') parts.push(record(STDIN, Buffer.from(body)));
  parts.push(record(STDIN, Buffer.alloc(0)));
  return Buffer.concat(parts);
}

function decodeReply(bytes) {
  const out = [];
  let ended = false;
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 4);
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (bytes[at + 1] === STDOUT) out.push(content);
    if (bytes[at + 1] === END) ended = true;
    at += 8 + length + bytes[at + 6];
  }
  if (!ended) throw new Error('the worker closed the connection in the middle of its answer');
  const text = Buffer.concat(out).toString();
  const head = text.slice(0, text.indexOf('\r\n\r\n'));
  return { status: Number(/^Status: (\d+)/m.exec(head)?.[1] ?? 200), head, text: text.slice(head.length + 4) };
}

export function call(socket, request) {
  return new Promise((resolve, reject) => {
    const parts = [];
    const connection = net.connect(socket, () => connection.write(request));
    connection.on('data', (data) => parts.push(data));
    connection.on('error', reject);
    connection.on('close', () => {
      try {
        resolve(decodeReply(Buffer.concat(parts)));
      } catch (error) {
        reject(error);
      }
    });
  });
}

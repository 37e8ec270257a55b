// Methods and addresses: what there is, what there is not, and addresses that try to be something else.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { anonymous, LIST, newPerson, work } from './lib/caller.mjs';
import { expectNginxProblem, expectProblem, expectStatus } from './lib/check.mjs';
import { unchanged } from './lib/database.mjs';
import { send, sendRaw } from './lib/http.mjs';

let ann;
let entry;
before(async () => {
  ann = await newPerson();
  entry = expectStatus(await ann.post(work()), 201).json;
});

describe('methods', () => {
  const allowed = {
    [LIST]: 'GET, HEAD, POST',
    [`${LIST}/1`]: 'GET, HEAD, PATCH, DELETE',
    '/api/projects': 'GET, HEAD, POST',
    '/api/projects/StoreZero': 'GET, HEAD, PATCH',
    '/api/people': 'GET, HEAD, POST',
    '/api/people/1': 'GET, HEAD, PATCH',
    '/api/sources': 'GET, HEAD, POST',
    '/api/sources/tool': 'GET, HEAD, PATCH',
    '/api/periods/lock': 'GET, HEAD, PUT',
    '/api/me': 'GET, HEAD',
    '/api/health/live': 'GET, HEAD',
    '/api/health/ready': 'GET, HEAD',
  };
  for (const [path, allow] of Object.entries(allowed)) {
    test(`${path}: 405 for all but ${allow}`, async () => {
      await unchanged(async () => {
        for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
          if (allow.split(', ').includes(method)) continue;
          const reply = await ann.send(method, path, method === 'OPTIONS' ? {} : { body: '{}' });
          expectProblem(reply, 405, 'method-not-allowed');
          assert.equal(reply.headers.allow, allow, method);
        }
      });
    });
  }

  test('TRACE, CONNECT-like words and words that are no method are stopped by nginx: 405', async () => {
    for (const method of ['TRACE', 'PROPFIND', 'MKCOL', 'PURGE', 'SEARCH', 'LOCK']) {
      const reply = await ann.send(method, LIST);
      expectNginxProblem(reply, 405);
      assert.match(reply.headers.allow, /GET/);
      assert.ok(!reply.text.includes(ann.token), 'nothing is echoed');
    }
  });

  test('methods are words in capitals', async () => {
    for (const method of ['get', 'Get', 'GETX', 'G']) {
      const answer = await sendRaw(`${method} ${LIST} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 40[05]\b/, method);
      assert.match(answer, /application\/problem\+json/);
    }
  });

  test('no header turns a method into another one', async () => {
    await unchanged(async () => {
      for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
        const reply = await ann.send('GET', `${LIST}/${entry.id}`, { headers: { [name]: 'DELETE', 'If-Match': '*' } });
        expectStatus(reply, 200);
      }
      expectProblem(
        await ann.send('POST', `${LIST}/${entry.id}?_method=DELETE`, { body: '{}' }),
        405,
        'method-not-allowed',
      );
    });
  });

  test('without a token a wrong method is a 405 and an unknown address a 404', async () => {
    expectProblem(await anonymous.send('PUT', LIST, { body: '{}' }), 405, 'method-not-allowed');
    expectProblem(await anonymous.get('/api/nothing'), 404, 'not-found');
  });
});

describe('addresses that are not there: 404', () => {
  for (const path of [
    '/api/',
    '/api/timesheet',
    '/api/timesheetsx',
    '/api/Timesheets',
    '/API/timesheets/..%2f..%2fapi/x',
    '/api/timesheets/',
    '/api/timesheets/1/',
    '/api/timesheets/1/2',
    '/api/me/',
    '/api/health',
    '/api/health/',
    '/api/health/live/',
    '/api/projects/',
    '/api/timesheets;x=1',
    '/api/timesheets.json',
    '/api/timesheets%00',
    '/api/timesheets%0a',
    '/api/timesheets%20',
    '/api/.git/config',
    '/api/api/timesheets',
  ]) {
    test(path, async () => {
      const reply = await ann.get(path);
      assert.ok([400, 404].includes(reply.status), `${reply.status}`);
      assert.equal(reply.headers['content-type'], 'application/problem+json');
    });
  }
  for (const path of [
    '/api',
    '/nothing',
    '/index.php',
    '/.git/config',
    '/.env',
    '/api.json',
    '/apix/timesheets',
    '/var/stack.env',
    '/nginx.conf',
  ]) {
    test(`${path}, from nginx`, async () => expectNginxProblem(await anonymous.get(path), 404));
  }
});

describe('spellings of an address', () => {
  test('the address is read decoded and normalised, so that every spelling is the same place', async () => {
    const plain = expectStatus(await ann.get(`${LIST}/${entry.id}`), 200).text;
    for (const path of [
      `//api/timesheets/${entry.id}`,
      `/api//timesheets//${entry.id}`,
      `/api/./timesheets/${entry.id}`,
      `/api/x/../timesheets/${entry.id}`,
      `/api/timesheets%2f${entry.id}`,
      `/api/%74imesheets/${entry.id}`,
      `/%61pi/timesheets/${entry.id}`,
      `/x/%2e%2e/api/timesheets/${entry.id}`,
    ]) {
      assert.equal(expectStatus(await ann.get(path), 200).text, plain, path);
    }
  });

  test('no spelling gets past the token', async () => {
    for (const path of [
      '//api/timesheets',
      '/api/./timesheets',
      '/api/%74imesheets',
      '/api/health/../timesheets',
      '/api/health/live/%2e%2e/%2e%2e/timesheets',
      '/api/health/live%2f..%2f..%2ftimesheets',
      '/api/timesheets#/api/health/live',
      '/api/timesheets?/api/health/live',
    ]) {
      const reply = await anonymous.get(path);
      assert.ok([400, 401].includes(reply.status), `${path}: ${reply.status}`);
    }
  });

  test('above the root there is nothing: 400 or 404', async () => {
    for (const path of [
      '/../etc/passwd',
      '/api/../../etc/passwd',
      '/api/..%2f..%2f..%2fetc%2fpasswd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/..%5c..%5cetc/passwd',
      '/api/timesheets/..%2f..%2f..%2f..%2fsecrets/audit-key',
      '/style.css/../../conf/nginx.conf',
      '/%00',
      '/style.css%00.html',
    ]) {
      const reply = await anonymous.get(path);
      assert.ok([400, 404].includes(reply.status), `${path}: ${reply.status}`);
      assert.equal(reply.headers['content-type'], 'application/problem+json', path);
    }
  });

  test('broken escapes: 400', async () => {
    for (const path of ['/api/%', '/api/%zz', '/api/timesheets/%2']) expectStatus(await anonymous.get(path), 400);
  });

  test('a long address is answered, a longer one is a 414', async () => {
    expectProblem(await ann.get(`/api/${'x'.repeat(3000)}`), 404, 'not-found');
    expectNginxProblem(await ann.get(`/api/${'x'.repeat(9000)}`), 414);
    expectNginxProblem(await ann.get(`${LIST}?q=${'x'.repeat(9000)}`), 414);
    expectProblem(await ann.get(`${LIST}?q=${'x'.repeat(5000)}`), 422, 'validation');
  });

  test('long headers: 431', async () => {
    expectNginxProblem(await ann.get(LIST, { headers: { 'X-Long': 'x'.repeat(9000) } }), 431);
  });

  test('a whole URL in the request line is read as its path', async () => {
    const answer = await sendRaw(
      `GET https://localhost/api/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 200\b/);
  });
});

describe('bytes that are no HTTP', () => {
  for (const [name, bytes] of Object.entries({
    'no version': 'GET /api/timesheets\r\n\r\n',
    'an unknown version': 'GET /api/timesheets HTTP/9.9\r\n\r\n',
    'two hosts': 'GET /api/health/live HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    'no host': 'GET /api/health/live HTTP/1.1\r\nConnection: close\r\n\r\n',
    'length and chunks together':
      'POST /api/timesheets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n',
    'broken chunks':
      'POST /api/timesheets HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\nhello\r\n0\r\n\r\n',
    'an unknown transfer encoding':
      'POST /api/timesheets HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\nConnection: close\r\n\r\n',
    'a NUL in a header': 'GET /api/health/live HTTP/1.1\r\nHost: localhost\r\nX-A: a\0b\r\nConnection: close\r\n\r\n',
    garbage: '\x16\x03\x01 nonsense \xff\xfe\r\n\r\n',
  })) {
    test(`${name}: refused`, async () => {
      const answer = await sendRaw(Buffer.from(bytes, 'latin1'));
      assert.doesNotMatch(answer, /^HTTP\/1\.1 [23]/, answer.slice(0, 200));
    });
  }

  test('HTTP/2 serves the same', async () => {
    const http2 = await import('node:http2');
    const { ca } = await import('./lib/http.mjs');
    const { stack } = await import('./lib/stack.mjs');
    const session = http2.connect(stack.TS_URL, { ca });
    try {
      const stream = session.request({ ':path': `${LIST}/${entry.id}`, authorization: `Bearer ${ann.token}` });
      let text = '';
      stream.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      const status = await new Promise((resolve, reject) => {
        stream.on('error', reject);
        stream.on('response', (headers) => stream.on('end', () => resolve(headers[':status'])));
      });
      assert.equal(status, 200);
      assert.deepEqual(JSON.parse(text), entry);
    } finally {
      session.close();
    }
  });

  test('no client header reaches a worker as a setting: HTTP_PROXY and X-headers change nothing', async () => {
    const headers = {
      Proxy: 'http://127.0.0.1:1',
      'X-Forwarded-For': '10.0.0.1',
      'X-Forwarded-Host': 'evil.example',
      'X-Original-URL': '/api/health/live',
      'X-Rewrite-URL': '/api/health/live',
      'X-User-Id': '1',
    };
    expectStatus(await ann.get(LIST, { headers }), 200);
    const reply = await send('GET', LIST, { headers });
    expectProblem(reply, 401, 'invalid-token');
  });
});

// The contract as it is served: the document for programs, the page for people.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { anonymous, newPerson } from './lib/caller.mjs';
import { expectNginxProblem, expectProblem, expectStatus } from './lib/check.mjs';
import { contract, templateOf } from './lib/contract.mjs';
import { send } from './lib/http.mjs';
import { stack } from './lib/stack.mjs';

const DOCUMENT = '/api/openapi.json';
const PAGE = '/api/docs';

describe('GET /api/openapi.json', () => {
  test('is the committed document, byte for byte, and needs no token', async () => {
    const reply = expectStatus(await anonymous.get(DOCUMENT), 200);
    assert.equal(reply.headers['content-type'], 'application/json');
    assert.equal(reply.headers['cache-control'], 'public, max-age=300');
    const committed = fs.readFileSync(path.resolve(import.meta.dirname, '../../docs/openapi.json'));
    assert.ok(reply.body.equals(committed), 'docs/openapi.json is another one: make openapi');
  });

  test('looks at no token, takes no query and no other method', async () => {
    expectStatus(await send('GET', DOCUMENT, { headers: { Authorization: 'Bearer nonsense' } }), 200);
    expectProblem(await anonymous.get(`${DOCUMENT}?a=1`), 422, 'validation');
    expectProblem(await anonymous.send('PUT', DOCUMENT, { json: {} }), 405, 'method-not-allowed');
    assert.equal(expectStatus(await anonymous.send('HEAD', DOCUMENT), 200).body.length, 0);
  });

  test('is compressed on request', async () => {
    const reply = expectStatus(await anonymous.get(DOCUMENT, { headers: { 'Accept-Encoding': 'gzip' } }), 200);
    assert.equal(reply.headers['content-encoding'], 'gzip');
    assert.equal(reply.json.openapi, '3.1.0');
  });

  test('is the same of every worker, however often it is asked for', async () => {
    const replies = await Promise.all(Array.from({ length: 24 }, () => anonymous.get(DOCUMENT)));
    assert.equal(new Set(replies.map((reply) => expectStatus(reply, 200).text)).size, 1);
  });

  test('has every address of the contract with its methods, and no other one', () => {
    const expected = {
      '/timesheets': 'get post',
      '/timesheets/{id}': 'get patch delete',
      '/timesheets/upload': 'post',
      '/uploads': 'get',
      '/uploads/{id}': 'get',
      '/weeks': 'get',
      '/weeks/{week}': 'get put',
      '/weeks/{week}/submission': 'put delete',
      '/approvals': 'get',
      '/approvals/{id}': 'put',
      '/people': 'get post',
      '/people/{id}': 'get patch',
      '/people/{id}/weeks/{week}': 'get',
      '/people/{id}/weeks/{week}/decision': 'put',
      '/projects': 'get post',
      '/projects/{code}': 'get patch',
      '/sources': 'get post',
      '/sources/{name}': 'get patch',
      '/reports/hours': 'get',
      '/reports/missing': 'get',
      '/periods/lock': 'get put',
      '/audit': 'get',
      '/me': 'get',
      '/openapi.json': 'get',
      '/health/live': 'get',
      '/health/ready': 'get',
    };
    const methods = (item) => ['get', 'post', 'put', 'patch', 'delete'].filter((name) => item[name]).join(' ');
    const found = Object.fromEntries(Object.entries(contract.paths).map(([name, item]) => [name, methods(item)]));
    assert.deepEqual(found, expected);
  });

  test('finds the template of an address, words before parameters', () => {
    assert.equal(templateOf('/api/timesheets/upload?dry_run=true'), '/timesheets/upload');
    assert.equal(templateOf('/api/timesheets/17'), '/timesheets/{id}');
    assert.equal(templateOf('/api//timesheets/./17'), '/timesheets/{id}');
    assert.equal(templateOf('/api/people/7/weeks/2026-W48/decision'), '/people/{id}/weeks/{week}/decision');
    assert.equal(templateOf('/api/nothing'), undefined);
  });
});

describe('GET /api/docs', () => {
  test('is a page without scripts, under a policy that lets it have its style sheet only', async () => {
    const reply = expectStatus(await anonymous.get(PAGE), 200);
    assert.equal(reply.headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(reply.headers['cache-control'], 'public, max-age=300');
    assert.equal(
      reply.headers['content-security-policy'],
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    assert.equal(reply.headers['x-content-type-options'], 'nosniff');
    assert.doesNotMatch(reply.text, /<script|<style| style=| on[a-z]+=|javascript:|https?:\/\//i);
    const [, sheet] = /<link rel="stylesheet" href="([^"]+)">/.exec(reply.text);
    const style = expectStatus(await anonymous.get(sheet), 200);
    assert.equal(style.headers['content-type'], 'text/css; charset=utf-8');
    assert.doesNotMatch(style.text, /url\(|@import/);
  });

  test('is the page that was made with the program', async () => {
    const built = fs.readFileSync(path.join(stack.TS_BUILD_DIR, 'docs.html'));
    assert.ok((await anonymous.get(PAGE)).body.equals(built));
  });

  test('has a place for the type of a problem', async () => {
    const ann = await newPerson();
    const page = (await anonymous.get(PAGE)).text;
    const { type } = expectProblem(await ann.post({ minutes: 1 }), 422, 'validation');
    const [address, place] = type.split('#');
    assert.equal(address, PAGE);
    assert.ok(page.includes(`id="${place}"`), place);
    for (const { const: uri } of contract.components.schemas.ProblemType.oneOf) {
      if (uri !== 'about:blank') assert.ok(page.includes(`id="${uri.split('#')[1]}"`), uri);
    }
  });

  test('names every operation with its scopes', async () => {
    const page = (await anonymous.get(PAGE)).text;
    for (const [template, item] of Object.entries(contract.paths)) {
      assert.ok(page.includes(`/api${template}`), template);
      for (const { operationId } of Object.values(item).filter((operation) => operation.operationId))
        assert.ok(page.includes(`<article id="${operationId}">`), operationId);
    }
    for (const scope of Object.keys(contract.components.securitySchemes.tenant.flows.clientCredentials.scopes))
      assert.ok(page.includes(scope), scope);
  });

  test('is a file: nothing can be written there', async () => {
    expectNginxProblem(await anonymous.send('POST', PAGE, { json: {} }), 405);
    expectProblem(await anonymous.get('/api/docs/'), 404, 'not-found');
    expectProblem(await anonymous.get('/api/docs.html'), 404, 'not-found');
  });
});

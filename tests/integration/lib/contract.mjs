// Every answer is held against docs/openapi.json: its status, headers, content type and body.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const FILE = path.resolve(import.meta.dirname, '../../../docs/openapi.json');
const BASE = '/api';

export const contract = JSON.parse(fs.readFileSync(FILE, 'utf8'));

const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true });
addFormats(ajv);
ajv.addSchema({ $id: 'contract', components: contract.components, paths: contract.paths });
// What the document is made of beside schemas means nothing to the validator, where it is not referred to.
ajv.addVocabulary(['components', 'paths']);

const escaped = (text) => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));

/** The place of a node in the document, by the names on the way to it. */
export const pointerTo = (...names) => `#/${names.map((name) => escaped(String(name))).join('/')}`;

/** What a node that may be a reference stands for, with its own place. */
export function resolve(node, pointer) {
  while (node?.$ref) {
    pointer = node.$ref;
    node = pointer
      .slice(2)
      .split('/')
      .reduce((at, name) => at[decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~')], contract);
  }
  return { node, pointer };
}

const validators = new Map();
/** Tells what is wrong with a value, or nothing, by the schema at that place. */
export function faultOf(pointer, value) {
  let validate = validators.get(pointer);
  if (!validate) {
    validate = ajv.compile({ $ref: `contract${pointer}` });
    validators.set(pointer, validate);
  }
  return validate(value) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'body' });
}

const templates = Object.keys(contract.paths).map((template) => ({ template, parts: template.split('/') }));
const isParameter = (part) => part.startsWith('{');

/** The path as nginx hands it to a worker: decoded, without dot segments and double slashes. */
function normalised(target) {
  try {
    const [pathname] = target.split(/[?#]/, 1);
    const parts = [];
    for (const part of decodeURIComponent(pathname).split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '' && part !== '.') parts.push(part);
    }
    const end = /\/$|\/\.{1,2}$/.test(pathname) ? '/' : '';
    return `/${parts.join('/')}${end}`;
  } catch {
    return undefined; // a broken escape
  }
}

/** The template of a path below /api, words before {parameters}; undefined when there is none. */
export function templateOf(target) {
  const whole = normalised(target);
  if (!whole?.startsWith(`${BASE}/`)) return undefined;
  const parts = whole.slice(BASE.length).split('/');
  const fits = (candidate) =>
    candidate.parts.length === parts.length &&
    candidate.parts.every((part, i) => part === parts[i] || (isParameter(part) && parts[i] !== ''));
  const found = templates.filter(fits);
  found.sort((a, b) => a.parts.filter(isParameter).length - b.parts.filter(isParameter).length);
  return found[0]?.template;
}

// What the web server in front answers before a request is one of an operation.
const BEFORE = new Set([400, 405, 408, 413, 414, 421, 431]);
const WATCHED = ['etag', 'location', 'link', 'idempotency-replayed', 'www-authenticate', 'retry-after'];

const mediaOf = (reply) => (reply.headers['content-type'] ?? '').split(';')[0];

function checkProblem(reply) {
  assert.equal(mediaOf(reply), 'application/problem+json', 'a refusal is a problem document');
  const fault = faultOf('#/components/schemas/Problem', reply.json);
  assert.ok(fault === undefined, `the problem document: ${fault}`);
}

function checkHeaders(reply, response, place) {
  const names = Object.keys(response.headers ?? {});
  for (const name of names) {
    const { node, pointer } = resolve(response.headers[name], `${place}/headers/${escaped(name)}`);
    const value = reply.headers[name.toLowerCase()];
    assert.ok(value !== undefined || !node.required, `the header ${name} is missing`);
    const fault = value === undefined ? undefined : faultOf(`${pointer}/schema`, value);
    assert.ok(fault === undefined, `the header ${name}: ${value}: ${fault}`);
  }
  const documented = new Set(names.map((name) => name.toLowerCase()));
  for (const name of WATCHED)
    assert.ok(reply.headers[name] === undefined || documented.has(name), `the header ${name} is not documented`);
}

const linesOf = (text) => text.split('\n').filter(Boolean);

function checkBody(reply, response, place) {
  const media = mediaOf(reply);
  if (!response.content) {
    assert.equal(reply.body.length, 0, 'a body that is not documented');
    return;
  }
  const described = response.content[media];
  assert.ok(described, `the content type ${media || '(none)'} is not documented`);
  const schema = `${place}/content/${escaped(media)}/schema`;
  if (media === 'application/x-ndjson') {
    for (const line of linesOf(reply.text)) {
      const fault = faultOf(`${schema}/contentSchema`, JSON.parse(line));
      assert.ok(fault === undefined, `a line: ${fault}: ${line.slice(0, 300)}`);
    }
    return;
  }
  const fault = faultOf(schema, media.endsWith('json') ? reply.json : reply.text);
  assert.ok(fault === undefined, `${fault}: ${reply.text.slice(0, 600)}`);
}

function checkOperation(reply, method, template) {
  const verb = (method === 'HEAD' ? 'GET' : method).toLowerCase();
  const operation = contract.paths[template][verb];
  if (!operation) {
    assert.equal(reply.status, 405, 'an operation that is not documented');
    return checkProblem(reply);
  }
  const documented = operation.responses[reply.status];
  const problem = reply.status >= 400 && method !== 'HEAD';
  if (BEFORE.has(reply.status) && (!documented || (problem && reply.json.type === 'about:blank')))
    return problem && checkProblem(reply);
  assert.ok(documented, `the status ${reply.status} is not documented: ${reply.text.slice(0, 300)}`);
  const { node, pointer } = resolve(documented, pointerTo('paths', template, verb, 'responses', reply.status));
  checkHeaders(reply, node, pointer);
  if (method !== 'HEAD') checkBody(reply, node, pointer);
}

/** Is the answer one that the document promises? Throws what is wrong with it. */
export function checkContract(method, target, reply) {
  const template = templateOf(target);
  if (template) return checkOperation(reply, method, template);
  const file = target.startsWith(`${BASE}/docs`) && reply.status < 400;
  if (reply.status >= 400 && method !== 'HEAD') return checkProblem(reply);
  assert.ok(file || method === 'HEAD', `${target} is not documented and answers ${reply.status}`);
}

// A test may catch what checkContract throws together with faults that it expects.
const broken = [];
process.on('exit', () => {
  if (broken.length === 0) return;
  process.exitCode = 1;
  console.error(`${broken.length} answers are not what docs/openapi.json says:`);
  for (const line of broken.slice(0, 20)) console.error(`  ${line}`);
});

/** checkContract, remembered: a test file with a broken promise fails whatever its tests do with it. */
export function holdToContract(method, target, reply) {
  try {
    checkContract(method, target, reply);
  } catch (error) {
    const message = `${method} ${target} answered ${reply.status}, against docs/openapi.json: ${error.message}`;
    broken.push(message);
    throw new assert.AssertionError({ message });
  }
}

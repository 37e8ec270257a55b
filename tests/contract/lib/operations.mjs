// The operations of docs/openapi.json, in a form to make requests from.
import { contract, pointerTo, resolve } from '../../integration/lib/contract.mjs';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

function parametersOf(template, method) {
  const item = contract.paths[template];
  const own = (item[method].parameters ?? []).map((node, i) =>
    resolve(node, pointerTo('paths', template, method, 'parameters', i)),
  );
  const shared = (item.parameters ?? []).map((node, i) => resolve(node, pointerTo('paths', template, 'parameters', i)));
  return [...shared, ...own].map(({ node, pointer }) => ({ ...node, pointer: `${pointer}/schema` }));
}

function operation(template, method) {
  const op = contract.paths[template][method];
  const parameters = parametersOf(template, method);
  const content = op.requestBody?.content;
  return {
    template,
    name: `${method.toUpperCase()} ${template}`,
    method: method.toUpperCase(),
    place: pointerTo('paths', template, method),
    scopes: op.security.map(({ tenant }) => tenant[0]),
    path: parameters.filter((parameter) => parameter.in === 'path'),
    query: parameters.filter((parameter) => parameter.in === 'query'),
    headers: parameters.filter((parameter) => parameter.in === 'header'),
    body: content && {
      pointer: `${pointerTo('paths', template, method, 'requestBody', 'content', 'application/json')}/schema`,
      required: op.requestBody.required === true,
      rows: 'text/csv' in content, // read row by row: one bad row does not make the request bad
    },
    success: Object.keys(op.responses)
      .map(Number)
      .filter((status) => status < 300),
    statuses: Object.keys(op.responses).map(Number),
    persons: problemsOf(op, 403).some((type) => type.endsWith('#person-required')),
  };
}

/** The types of problem that an operation may answer with that status. */
export function problemsOf(op, status) {
  if (!op.responses[status]) return [];
  const { node } = resolve(op.responses[status], '');
  return node.content['application/problem+json'].schema.allOf[1].properties.type.enum;
}

// What closes the way for the others comes last.
const LAST = ['/periods/lock'];

export const operations = Object.entries(contract.paths)
  .flatMap(([template, item]) =>
    METHODS.filter((method) => method in item).map((method) => operation(template, method)),
  )
  .sort((a, b) => LAST.indexOf(a.template) - LAST.indexOf(b.template));

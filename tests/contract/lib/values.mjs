// Values made from the schemas of docs/openapi.json: such as fit, and such as have one thing wrong.
import fc from 'fast-check';
import { contract, faultOf, resolve } from '../../integration/lib/contract.mjs';

const DAY_MS = 86_400_000;
const TEXT_MAX = 120;
const ITEMS_MAX = 4;
const FIRST_DAY = Date.parse('2000-01-01') / DAY_MS;
const LAST_DAY = Date.parse('2025-12-31') / DAY_MS;

/** What stands at a place (`#/a/0`) of the document, or of something else. */
export const at = (pointer, whole = contract) =>
  pointer
    .slice(2)
    .split('/')
    .reduce((node, name) => node?.[decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~')], whole);

export const WEEK_PATTERN = '^[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])$';

/** A civil date in a past that entries may have. */
export const date = () =>
  fc.integer({ min: FIRST_DAY, max: LAST_DAY }).map((day) => new Date(day * DAY_MS).toISOString().slice(0, 10));

/** An ISO week that exists in every year. */
export const week = () =>
  fc
    .tuple(fc.integer({ min: 2001, max: 2025 }), fc.integer({ min: 1, max: 52 }))
    .map(([year, number]) => `${year}-W${String(number).padStart(2, '0')}`);

// No control characters: those are a fault of their own.
const anything = () => fc.jsonValue().filter((value) => !/\d{17}/.test(JSON.stringify(value))); // integers must fit in 64 bits

const plain = (options) => fc.string({ unit: 'grapheme', ...options });

function text(schema) {
  if (schema.pattern === WEEK_PATTERN) return week();
  if (schema.pattern) return fc.stringMatching(new RegExp(schema.pattern, 'u'));
  if (schema.format === 'date') return date();
  if (schema.format === 'date-time') return date().map((day) => `${day}T12:00:00Z`);
  const minLength = schema.minLength ?? 0;
  return plain({ minLength, maxLength: Math.max(minLength, Math.min(schema.maxLength ?? TEXT_MAX, TEXT_MAX)) });
}

// At most four decimals, which a schema cannot say.
const hours = (schema) =>
  fc
    .integer({ min: Math.ceil(schema.minimum * 10_000), max: Math.floor((schema.maximum ?? 24) * 10_000) })
    .map((units) => units / 10_000);

function ofType(type, schema, pointer) {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1_000_000, max: Math.min(schema.maximum ?? 1_000_000, 2 ** 40) });
    case 'number':
      return hours(schema);
    case 'string':
      return [schema.type].flat().includes('number') ? hours(schema).map(String) : text(schema);
    case 'array': {
      const minLength = schema.minItems ?? 0;
      const maxLength = Math.min(schema.maxItems ?? ITEMS_MAX, Math.max(minLength, ITEMS_MAX));
      return fc.array(valid(`${pointer}/items`), { minLength, maxLength });
    }
    case 'object':
      return object(schema, pointer);
    default:
      return anything();
  }
}

/** What no schema says: hours and minutes that are both there say the same; nothing goes with a deletion but an id. */
function agreeing(value) {
  if (value.delete === true) return 'id' in value ? { id: value.id, delete: true } : { delete: true };
  if (!('hours' in value && 'minutes' in value)) return value;
  const { hours, minutes, ...rest } = value;
  return minutes % 2 === 0 ? { ...rest, hours } : { ...rest, minutes };
}

function object(schema, pointer) {
  const members = Object.fromEntries(
    Object.keys(schema.properties ?? {}).map((name) => [name, valid(`${pointer}/properties/${name}`)]),
  );
  const choices = (schema.anyOf ?? [{}]).map(({ required = [] }) => [...(schema.required ?? []), ...required]);
  return fc.oneof(...choices.map((requiredKeys) => fc.record(members, { requiredKeys }))).map(agreeing);
}

function generic(schema, pointer) {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  for (const word of ['oneOf', 'anyOf']) {
    if (schema[word] && schema.type !== 'object')
      return fc.oneof(
        ...schema[word].map((_, i) => ({ weight: i === 0 ? 8 : 1, arbitrary: valid(`${pointer}/${word}/${i}`) })),
      );
  }
  const types = [schema.type ?? (schema.format || schema.pattern ? 'string' : [])].flat();
  return types.length === 0 ? anything() : fc.oneof(...types.map((type) => ofType(type, schema, pointer)));
}

const known = new Map();
/** Values that fit the schema at a place; often the examples, as other texts name nothing that exists. */
export function valid(pointer) {
  if (!known.has(pointer)) {
    const { node: schema, pointer: place } = resolve(at(pointer), pointer);
    const made = generic(schema, place);
    const examples = schema.examples?.filter((value) => typeof value === 'string');
    const dates = schema.format === 'date' || schema.anyOf?.some(({ format }) => format === 'date');
    known.set(
      pointer,
      (examples?.length > 0 && !dates
        ? fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...examples) }, { weight: 1, arbitrary: made })
        : made
      ).filter((value) => faultOf(place, value) === undefined),
    );
  }
  return known.get(pointer);
}

const LONE_SURROGATE = '\ud800';
const nasty = fc.oneof(
  fc.constantFrom(
    null,
    true,
    -1,
    0,
    1.5,
    1e308,
    9_007_199_254_740_992,
    '',
    'NaN',
    '\u0000',
    '\u001b[31m',
    `a${LONE_SURROGATE}`,
    'ä\u{1F600}'.repeat(400),
    [],
    {},
    [[]],
    '9999-W99',
    '2026-02-30',
    "' OR 1=1 --",
    '../../etc/passwd',
    '=cmd|x!A0',
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** The value with what stands at a path of places taken out, or replaced. */
function changed(value, way, bad, drop) {
  const keys = value !== null && typeof value === 'object' ? Object.keys(value) : [];
  if (keys.length === 0 || way.length === 0) return bad;
  const key = keys[way[0] % keys.length];
  const copy = Array.isArray(value) ? [...value] : { ...value };
  if (way.length === 1 && drop) {
    if (Array.isArray(copy)) copy.splice(Number(key), 1);
    else delete copy[key];
  } else {
    copy[key] = changed(copy[key], way.slice(1), bad, drop);
  }
  return copy;
}

/** Values with one thing wrong somewhere, as the schema sees it. */
export function invalid(pointer) {
  const way = fc.array(fc.nat(20), { maxLength: 3 });
  const wrong = fc
    .tuple(valid(pointer), way, nasty, fc.boolean())
    .map(([value, places, bad, drop]) => changed(value, places, bad, drop));
  const unknown = fc
    .tuple(valid(pointer), fc.constantFrom('unknown', 'ID', 'status ', '__proto__', 'a/b', ''), fc.jsonValue())
    .filter(([value]) => value !== null && typeof value === 'object' && !Array.isArray(value))
    .map(([value, name, extra]) => Object.assign(Object.create(null), value, { [name]: extra }));
  return fc
    .oneof({ weight: 4, arbitrary: wrong }, { weight: 1, arbitrary: unknown })
    .filter((value) => faultOf(pointer, JSON.parse(JSON.stringify(value))) !== undefined);
}

/** A parameter's text as its schema reads it: whether it fits, or undefined where the text could be read either way. */
export function textFits(pointer, schema, value) {
  const type = [schema.type].flat();
  if (type.includes('integer')) {
    if (!/^[0-9]{1,15}$/.test(value)) return false;
    return value.startsWith('0') && value.length > 1 ? undefined : faultOf(pointer, Number(value)) === undefined;
  }
  if (type.includes('boolean')) return value === 'true' || value === 'false';
  if (type.includes('number')) return undefined;
  return faultOf(pointer, value) === undefined;
}

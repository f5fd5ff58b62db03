/**
 * What translated scripts call: as Lua does it, with errors where Lua has them. A list is an array, of which Lua counts the items from
 * 1; nil is `undefined`, and `false` where Redis answers nothing.
 */
import { ScriptError } from './scripts.ts';

type Value = unknown;

const wrong = (what: string, value: Value) => new ScriptError(`attempt to ${what} a ${typeof value} value`);

const listOf = (value: Value): Value[] => {
  if (!Array.isArray(value)) throw wrong('index', value);
  return value;
};

function numberOf(value: Value): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number)) throw wrong('perform arithmetic on', value);
  return number;
}

function textOf(value: Value): string {
  if (typeof value !== 'string' && typeof value !== 'number') throw wrong('concatenate', value);
  return String(value);
}

const patterns = new Map([
  ['^%d+', /^\d+/],
  ['run_id:%w+', /run_id:\w+/],
  ['master_replid:%w+', /master_replid:\w+/],
  ['%S+', /\S+/g],
  ['([^\n]*)\n'.repeat(3), /([^\n]*)\n([^\n]*)\n([^\n]*)\n/g],
  ['([^\n]*)\n'.repeat(6), /([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n/g],
]);

function patternOf(text: string): RegExp {
  const pattern = patterns.get(text);
  if (!pattern) throw new ScriptError(`the simulation does not know the pattern ${text}`);
  return pattern;
}

const unpack = (list: Value, from = 1, to = listOf(list).length): Value[] => listOf(list).slice(from - 1, to);

/** By the names that translated scripts have for them. */
export const library = {
  holds: (value: Value): boolean => value !== undefined && value !== false,
  add: (left: Value, right: Value) => numberOf(left) + numberOf(right),
  subtract: (left: Value, right: Value) => numberOf(left) - numberOf(right),
  multiply: (left: Value, right: Value) => numberOf(left) * numberOf(right),
  divide: (left: Value, right: Value) => numberOf(left) / numberOf(right),
  concat: (left: Value, right: Value) => textOf(left) + textOf(right),
  less: (left: Value, right: Value): boolean => {
    if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string'))
      throw wrong('compare', left);
    return (left as number) < (right as number);
  },
  size: (value: Value) => (typeof value === 'string' ? value : listOf(value)).length,
  at: (list: Value, index: Value): Value => listOf(list)[numberOf(index) - 1],
  put: (list: Value, index: Value, value: Value) => {
    if (numberOf(index) > listOf(list).length + 1) throw wrong('leave a hole in', list);
    listOf(list)[numberOf(index) - 1] = value;
  },
  ipairs: (list: Value): [number, Value][] => {
    const end = listOf(list).indexOf(undefined);
    return (end < 0 ? listOf(list) : listOf(list).slice(0, end)).map((item, index) => [index + 1, item]);
  },
  tonumber: (value: Value): number | undefined => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && !Number.isNaN(number) ? number : undefined;
  },
  unpack,
  math: {
    floor: (value: Value) => Math.floor(numberOf(value)),
    min: (...values: Value[]) => Math.min(...values.map(numberOf)),
    max: (...values: Value[]) => Math.max(...values.map(numberOf)),
  },
  table: { concat: (list: Value, between: string) => listOf(list).map(textOf).join(between), unpack },
  string: {
    format: (form: string, value: Value) => {
      if (form !== '%.0f') throw new ScriptError(`the simulation does not know the format ${form}`);
      return numberOf(value).toFixed(0);
    },
    match: (text: string, pattern: string) => patternOf(pattern).exec(text)?.[0],
    gmatch: (text: string, pattern: string) =>
      text.matchAll(patternOf(pattern)).map((match) => (match.length > 1 ? match.slice(1) : match)),
    sub: (text: string, from: number, to = text.length) => text.slice(from - 1, to),
  },
};

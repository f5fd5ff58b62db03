/** Runs scripts translated into JavaScript. */
import { compileFunction } from 'node:vm';
import { library } from './library.ts';
import { ScriptError, type Command, type LuaScripts, type Reply } from './scripts.ts';
import { translate } from './translate.ts';

type Run = (keys: readonly string[], args: readonly string[], redis: unknown, ...known: unknown[]) => unknown;

const names = Object.keys(library);
const functions = Object.values(library);

export class TranslatedScripts implements LuaScripts {
  readonly #compiled = new Map<string, Run>();
  #command: Command = () => null;
  readonly #redis = {
    call: (name: string, ...args: unknown[]) => fromReply(this.#command(name, textsOf(args))),
    error_reply: (message: string) => new ScriptError(message),
  };

  run(text: string, keys: readonly string[], args: readonly string[], command: Command): Reply {
    this.#command = command;
    let run = this.#compiled.get(text);
    if (!run) {
      run = compileFunction(translate(text), ['KEYS', 'ARGV', 'redis', ...names]) as Run;
      this.#compiled.set(text, run);
    }
    const result = run(keys, args, this.#redis, ...functions);
    if (result instanceof ScriptError) throw result;
    return toReply(result);
  }
}

/** Puts texts in the place of numbers. */
function textsOf(values: unknown[]): readonly string[] {
  for (let index = 0; index < values.length; index += 1)
    if (typeof values[index] !== 'string') values[index] = String(values[index]);
  return values as string[];
}

function fromReply(reply: Reply): unknown {
  if (typeof reply === 'string' || typeof reply === 'number') return reply;
  return reply === null || reply === undefined ? false : reply.map(fromReply);
}

/** As Redis converts what a script returns: numbers lose their fraction, a list ends at its first nil. */
function toReply(value: unknown): Reply {
  if (Array.isArray(value)) {
    const end = value.indexOf(undefined);
    return (end < 0 ? value : value.slice(0, end)).map(toReply);
  }
  if (typeof value === 'number') return Math.trunc(value);
  if (typeof value === 'string') return value;
  return value === true ? 1 : null;
}

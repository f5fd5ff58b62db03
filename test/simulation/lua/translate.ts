/**
 * Translates a Lua script into JavaScript, which runs many times faster than an interpreter of Lua. Only what the scripts of the
 * service use is known, and all else is refused; a test runs the same worlds with an interpreter.
 */
import { Expressions, type Translated } from './expressions.ts';

/** The body of a function that runs the script. Its free names are those of the library, and `KEYS`, `ARGV` and `redis`. */
export const translate = (script: string): string => new Statements(script).all();

interface Block {
  /** What the names that it was given are called. */
  readonly names: string;
  readonly body: string;
}

const ends = ['end', 'else', 'elseif'];

class Statements extends Expressions {
  all(): string {
    const { body } = this.#block();
    if (this.token.kind !== 'end') throw this.unknown('in place of the end');
    return `let $;\n${body}`;
  }

  #block(given: readonly string[] = []): Block {
    return this.inScope(() => {
      const names = given.map((name) => this.introduce(name)).join(', ');
      let body = '';
      while (this.token.kind !== 'end' && !this.is('keyword', ...ends)) body += this.#statement();
      return { names, body };
    });
  }

  #toEnd(given?: readonly string[]): Block {
    const block = this.#block(given);
    this.expect('keyword', 'end');
    return block;
  }

  #statement(): string {
    if (this.token.kind !== 'keyword') return `${this.#assignment()};\n`;
    const statement = this.#byKeyword[this.next().text];
    if (!statement) throw this.unknown('in place of a statement');
    return statement();
  }

  #assignment(): string {
    const target = this.suffixed();
    if (target.isCall) return target.js;
    const targets: Translated[] = [target];
    while (this.take('sign', ',')) targets.push(this.suffixed());
    this.expect('sign', '=');
    const values = this.list();
    if (targets.length === 1) return target.assign!(values);
    return `[${targets.map(({ js }) => js).join(', ')}] = [${values}]`;
  }

  readonly #byKeyword: Readonly<Record<string, () => string>> = {
    local: () => (this.take('keyword', 'function') ? this.#function() : this.#local()),
    if: () => this.#if(),
    while: () => {
      const condition = this.condition();
      this.expect('keyword', 'do');
      return `while (${condition}) {\n${this.#toEnd().body}}\n`;
    },
    for: () => this.#for(),
    break: () => 'break;\n',
    return: () => (this.is('keyword', ...ends) ? 'return;\n' : `return ${this.expression().js};\n`),
  };

  #function(): string {
    const name = this.introduce(this.name());
    this.expect('sign', '(');
    const parameters: string[] = [];
    while (!this.take('sign', ')')) {
      parameters.push(this.name());
      this.take('sign', ',');
    }
    const { names, body } = this.#toEnd(parameters);
    return `function ${name}(${names}) {\nlet $;\n${body}}\n`;
  }

  /** The names are known behind their values only. One by one they are quicker to declare than as parts of a list. */
  #local(): string {
    const names = this.#names();
    const values = this.take('sign', '=') ? this.items() : [];
    const declared = names.map((name) => this.introduce(name));
    const areAlone = values.length <= names.length && !values.at(-1)?.startsWith('...');
    return areAlone
      ? `let ${declared.map((name, index) => `${name} = ${values[index] ?? 'undefined'}`).join(', ')};\n`
      : `let [${declared.join(', ')}] = [${values.join(', ')}];\n`;
  }

  #names(): string[] {
    const names = [this.name()];
    while (this.take('sign', ',')) names.push(this.name());
    return names;
  }

  #if(): string {
    const condition = this.condition();
    this.expect('keyword', 'then');
    const then = `if (${condition}) {\n${this.#block().body}}`;
    if (this.take('keyword', 'elseif')) return `${then} else ${this.#if()}`;
    if (this.take('keyword', 'else')) return `${then} else {\n${this.#toEnd().body}}\n`;
    this.expect('keyword', 'end');
    return `${then}\n`;
  }

  #for(): string {
    const given = this.#names();
    if (this.take('sign', '=')) return this.#count(given);
    this.expect('keyword', 'in');
    const items = this.list();
    this.expect('keyword', 'do');
    const { names, body } = this.#toEnd(given);
    return `for (const [${names}] of ${items}) {\n${body}}\n`;
  }

  #count(given: readonly string[]): string {
    const first = this.expression().js;
    this.expect('sign', ',');
    const last = this.expression().js;
    const step = this.take('sign', ',') ? this.expression().js : '1';
    this.expect('keyword', 'do');
    const { names, body } = this.#toEnd(given);
    return `for (let ${names} = ${first}, last = ${last}; ${names} <= last; ${names} += ${step}) {\n${body}}\n`;
  }
}

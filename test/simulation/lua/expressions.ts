/** Translates the expressions of a Lua script. What may go wrong in Lua goes wrong in `library.ts`, and not silently. */
import { Parser } from './parser.ts';

/** An expression in JavaScript. */
export interface Translated {
  readonly js: string;
  /** Whether it is `true` or `false` for sure. */
  readonly isBoolean?: boolean;
  readonly isCall?: boolean;
  /** Whether it stands for several values where it is the last one of a list. */
  readonly isSpread?: boolean;
  /** Assigns to it, if that can be done. */
  readonly assign?: (value: string) => string;
}

type Binary = (left: string, right: string) => Translated;
const calling =
  (name: string): Binary =>
  (left, right) => ({ js: `${name}(${left}, ${right})` });
const comparing =
  (js: (left: string, right: string) => string): Binary =>
  (left, right) => ({ js: js(left, right), isBoolean: true });

/** Those that bind the least come first; `..` alone binds to the right. */
const levels: readonly Readonly<Record<string, Binary>>[] = [
  {
    '==': comparing((left, right) => `(${left} === ${right})`),
    '~=': comparing((left, right) => `(${left} !== ${right})`),
    '<': comparing((left, right) => `less(${left}, ${right})`),
    '>': comparing((left, right) => `less(${right}, ${left})`),
    '<=': comparing((left, right) => `!less(${right}, ${left})`),
    '>=': comparing((left, right) => `!less(${left}, ${right})`),
  },
  { '..': calling('concat') },
  { '+': calling('add'), '-': calling('subtract') },
  { '*': calling('multiply'), '/': calling('divide') },
];

export class Expressions extends Parser {
  /** One expression or more, with commas between them. */
  protected list(): string {
    return this.items().join(', ');
  }

  /** The same, one by one. The last one may stand for several. */
  protected items(): readonly string[] {
    const all = [this.expression()];
    while (this.take('sign', ',')) all.push(this.expression());
    return all.map(({ js, isSpread }, index) => (isSpread && index === all.length - 1 ? `...${js}` : js));
  }

  /** In JavaScript 0 and '' do not hold; in Lua they do. */
  protected condition(): string {
    return holds(this.expression());
  }

  protected expression(): Translated {
    let left = this.#and();
    while (this.take('keyword', 'or')) {
      const right = this.#and();
      left = left.isBoolean
        ? { js: `(${left.js} || ${right.js})`, isBoolean: right.isBoolean === true }
        : { js: `(holds($ = ${left.js}) ? $ : ${right.js})` };
    }
    return left;
  }

  #and(): Translated {
    let left = this.#level(0);
    while (this.take('keyword', 'and')) {
      const right = this.#level(0);
      left = left.isBoolean
        ? { js: `(${left.js} && ${right.js})`, isBoolean: right.isBoolean === true }
        : { js: `(holds($ = ${left.js}) ? ${right.js} : $)` };
    }
    return left;
  }

  #level(number: number): Translated {
    const level = levels[number];
    if (!level) return this.#unary();
    let left = this.#level(number + 1);
    while (this.token.kind === 'sign' && Object.hasOwn(level, this.token.text)) {
      const sign = this.next().text;
      const right = this.#level(sign === '..' ? number : number + 1);
      left = level[sign]!(left.js, right.js);
    }
    return left;
  }

  #unary(): Translated {
    if (this.take('keyword', 'not')) return { js: `!${holds(this.#unary())}`, isBoolean: true };
    if (this.take('sign', '#')) return { js: `size(${this.#unary().js})` };
    if (this.take('sign', '-')) return { js: `subtract(0, ${this.#unary().js})` };
    return this.#simple();
  }

  #simple(): Translated {
    const { kind, text } = this.token;
    if (kind === 'name' || this.is('sign', '(')) return this.suffixed();
    this.next();
    if (kind === 'number' || kind === 'text') return { js: text };
    if (kind === 'keyword' && (text === 'true' || text === 'false')) return { js: text, isBoolean: true };
    if (kind === 'keyword' && text === 'nil') return { js: 'undefined' };
    if (kind !== 'sign' || text !== '{') throw this.unknown('in place of a value');
    if (this.take('sign', '}')) return { js: '[]' };
    const items = this.list();
    this.expect('sign', '}');
    return { js: `[${items}]` };
  }

  /** A name, or something in parentheses, and what is taken from it: fields, items, results of calls. */
  protected suffixed(): Translated {
    let value = this.#primary();
    for (;;) {
      if (this.take('sign', '.')) value = { js: `${value.js}.${this.name()}` };
      else if (this.take('sign', '[')) value = this.#item(value);
      else if (this.take('sign', '(')) value = this.#call(value);
      else return value;
    }
  }

  #primary(): Translated {
    if (!this.take('sign', '(')) {
      const js = this.known(this.name());
      return { js, assign: (to) => `${js} = ${to}` };
    }
    const { js, isBoolean = false } = this.expression();
    this.expect('sign', ')');
    return { js: `(${js})`, isBoolean };
  }

  #item({ js: list }: Translated): Translated {
    const { js: index } = this.expression();
    this.expect('sign', ']');
    return { js: `at(${list}, ${index})`, assign: (value) => `put(${list}, ${index}, ${value})` };
  }

  #call({ js: called }: Translated): Translated {
    const isSpread = /^(?:table\.)?unpack(?:_\d+)?$/.test(called);
    if (this.take('sign', ')')) return { js: `${called}()`, isCall: true, isSpread };
    const values = this.list();
    this.expect('sign', ')');
    return { js: `${called}(${values})`, isCall: true, isSpread };
  }
}

const holds = ({ js, isBoolean }: Translated): string => (isBoolean ? js : `holds(${js})`);

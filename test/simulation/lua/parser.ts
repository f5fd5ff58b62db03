/** Goes through the words of a Lua script, and knows what its names are called in JavaScript. */
import { tokensOf, type Token } from './tokens.ts';

export class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  /** What the names are called that are known here, the innermost last. */
  readonly #scopes: Map<string, string>[] = [];
  #declared = 0;

  constructor(script: string) {
    this.#tokens = tokensOf(script);
  }

  protected get token(): Token {
    return this.#tokens[this.#at]!;
  }

  protected next(): Token {
    const { token } = this;
    this.#at += 1;
    return token;
  }

  protected is(kind: Token['kind'], ...texts: readonly string[]): boolean {
    return this.token.kind === kind && texts.includes(this.token.text);
  }

  /** Whether it is there; then it is behind. */
  protected take(kind: Token['kind'], text: string): boolean {
    const isThere = this.is(kind, text);
    if (isThere) this.#at += 1;
    return isThere;
  }

  protected expect(kind: Token['kind'], text: string): void {
    if (!this.take(kind, text)) throw this.unknown(`in place of ${text}`);
  }

  protected name(): string {
    if (this.token.kind !== 'name') throw this.unknown('in place of a name');
    return this.next().text;
  }

  protected unknown(where: string): Error {
    const near = this.#tokens.slice(Math.max(0, this.#at - 8), this.#at + 3).map(({ text }) => text);
    return new Error(`The simulation cannot translate this Lua, ${where}: ${near.join(' ')}`);
  }

  protected inScope<T>(run: () => T): T {
    this.#scopes.push(new Map());
    const result = run();
    this.#scopes.pop();
    return result;
  }

  /** Each has a name of its own, since Lua may use one again where JavaScript may not. */
  protected introduce(name: string): string {
    this.#declared += 1;
    const own = `${name}_${this.#declared}`;
    this.#scopes.at(-1)!.set(name, own);
    return own;
  }

  /** A name that the script has not declared is one of the library, or of Redis. */
  protected known(name: string): string {
    return this.#scopes.findLast((scope) => scope.has(name))?.get(name) ?? name;
  }
}

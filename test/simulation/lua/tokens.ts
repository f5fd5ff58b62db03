/** The words of a Lua script, as far as the scripts of the service use the language. */

export interface Token {
  readonly kind: 'name' | 'keyword' | 'number' | 'text' | 'sign' | 'end';
  readonly text: string;
}

const keywords = new Set(
  'and break do else elseif end false for function if in local nil not or return then true while'.split(' '),
);

const pattern =
  /\s+|--[^\n]*|(?<name>[A-Za-z_]\w*)|(?<number>\d+(?:\.\d+)?(?:e\d+)?)|(?<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|(?<sign>\.\.|==|~=|<=|>=|[-+*/%#<>=(){}[\],.])/gy;

/** @throws Error for what is not known here */
export function tokensOf(script: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (const match of script.matchAll(pattern)) {
    at = match.index + match[0].length;
    const { name, number, text, sign } = match.groups!;
    if (name !== undefined) tokens.push({ kind: keywords.has(name) ? 'keyword' : 'name', text: name });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (text !== undefined) tokens.push({ kind: 'text', text });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
  }
  if (at < script.length)
    throw new Error(`Lua of which the simulation knows nothing: ${script.slice(at, at + 40)}`);
  return [...tokens, { kind: 'end', text: '' }];
}

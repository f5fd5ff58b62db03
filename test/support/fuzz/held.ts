/** Measures what a process holds when its caches are as full as they get, with the same each time. */
import type { Attacker } from '../attack/attacker.ts';
import type { Target } from '../attack/target.ts';

/** More than it takes for an operation to be compiled. */
const runs = 10;
/** Of the largest that may be compiled, more than code is kept for. */
const compiledFillers = 45;
/** With a comment of this length each, more than texts are kept for: 32 MB, and two bytes for each character. */
const longFillers = 300;
const comment = `# ${'x'.repeat(60_000)}`;

/** Thirty lists of six fields each, at whose code 240 fields have a share. */
function compiledFiller(number: number): string {
  const lists = Array.from({ length: 30 }, (_, at) => `l${at}: despachos(limit: 1) { ...Filler }`);
  return `query Filler${number} { ${lists.join(' ')} } fragment Filler on Dispatch { ${'id '.repeat(6)} }`;
}

const longFiller = (number: number): string =>
  `query Long${number} { despachos(limit: 1) { id } } ${comment}`;

/** Bytes that are no garbage: what is left of what came before the filling is not the caches' to keep. */
export async function measureHeld(target: Target, attacker: Attacker, token: string): Promise<number> {
  const send = async (query: string) => {
    const { outcome } = await attacker.post({ query }, { token });
    // What is refused fills nothing.
    if (outcome !== 'data') throw new Error(`A filler is answered ${outcome}.`);
  };
  for (let number = 0; number < compiledFillers; number += 1)
    for (let run = 0; run < runs; run += 1) await send(compiledFiller(number));
  for (let number = 0; number < longFillers; number += 1) await send(longFiller(number));
  return target.measureHeld();
}

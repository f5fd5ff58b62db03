/** Measures what a process holds when its caches are as full as they get, with the same each time. */
import type { Attacker } from '../attack/attacker.ts';
import type { Target } from '../attack/target.ts';

/** More than it takes for an operation to be compiled. */
const runs = 10;
/** Of these sizes, and sent so often, they take all the memory there is for texts, and for code. */
const fillersOfEach = 40;
const fillings = [
  { fields: 60, sent: 1 },
  { fields: 6, sent: runs },
];

/** Thirty lists with so many fields each. */
function filler(number: number, fields: number): string {
  const lists = Array.from({ length: 30 }, (_, at) => `l${at}: despachos(limit: 1) { ...Filler }`);
  return `query Filler${number} { ${lists.join(' ')} } fragment Filler on Dispatch { ${'id '.repeat(fields)} }`;
}

/** Bytes that are no garbage: what is left of what came before the filling is not the caches' to keep. */
export async function measureHeld(target: Target, attacker: Attacker, token: string): Promise<number> {
  for (const { fields, sent } of fillings)
    for (let number = 0; number < fillersOfEach; number += 1)
      for (let times = 0; times < sent; times += 1)
        await attacker.post({ query: filler(number, fields) }, { token });
  return target.measureHeld();
}

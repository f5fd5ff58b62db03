/** Documents that say much more than they are long, and documents that are long to look at. */
import type { Attack, AttackKind } from '../support/attack/attack.ts';
import type { Attacker } from '../support/attack/attacker.ts';

interface Doubling {
  /** What the outermost fragment is spread in. */
  readonly root?: string;
  /** The type of every fragment. */
  readonly type?: string;
  /** What the innermost one selects. */
  readonly leaf?: string;
  /** Spreads of each fragment, with an inner fragment in place of `*`. */
  readonly spreads?: string;
}

/** Fragments, each of which spreads the next one as often as `spreads` says. */
function unfolding(
  levels: number,
  { root = '_service', type = '_Service', leaf = 'sdl', spreads = '* *' }: Doubling = {},
): string {
  const fragments = Array.from({ length: levels }, (_, level) => {
    const inner = level + 1 < levels ? spreads.replaceAll('*', `...F${level + 1}`) : leaf;
    return `fragment F${level} on ${type} { ${inner} }`;
  });
  return `{ ${root} { ...F0 } } ${fragments.join(' ')}`;
}

const refused = 'GRAPHQL_VALIDATION_FAILED';
const nodes = '`MAX_NODES`, spreads put in their places';

/** Sent more often than it takes to be compiled. */
async function often(attacker: Attacker, query: string): Promise<string[]> {
  const outcomes: string[] = [];
  for (let sent = 0; sent < 12; sent += 1)
    outcomes.push((await attacker.post({ query }, { token: null })).outcome);
  return outcomes;
}

const unfoldings: readonly Attack[] = [
  {
    name: 'a fragment that spreads the next one twice, 26 levels, without a token, 12 times',
    heldBy: nodes,
    answered: [refused],
    run: (attacker) => often(attacker, unfolding(26)),
  },
  {
    name: 'the same with 60 levels and three spreads, every way there is',
    heldBy: nodes,
    answered: [refused, 'pong'],
    run: (attacker) => attacker.everyWay({ query: unfolding(60, { spreads: '* * *' }) }),
  },
  {
    name: 'the same in fragments without a name',
    heldBy: nodes,
    answered: [refused],
    run: (attacker) => often(attacker, unfolding(40, { spreads: '... { * } ... on _Service { * }' })),
  },
  {
    name: 'the same in a fragment that nothing spreads',
    heldBy: nodes,
    answered: [refused],
    run: (attacker) => often(attacker, unfolding(60).replace('{ ...F0 }', '{ sdl }')),
  },
  {
    name: 'fragments that spread each other in a circle, every way there is',
    heldBy: 'validation',
    answered: [refused, 'pong'],
    run: (attacker) => attacker.everyWay({ query: unfolding(30, { leaf: '...F0 ...F1 ...F2' }) }),
  },
  {
    name: 'a chain of 160 fragments, each of which spreads the next one',
    heldBy: '`MAX_TOKENS`',
    answered: ['data'],
    run: (attacker) => often(attacker, unfolding(160, { spreads: '*' })),
  },
];

/** Fields that may be merged, and have to be compared in pairs to know it. */
const overlapping = (count: number) => `{ ${'despachos { id } '.repeat(count)} }`;

/** Fragments that select the same fields of a list in a list, and are all spread beside each other. */
function overlappingFragments(count: number): string {
  const names = Array.from({ length: count }, (_, at) => `G${at}`);
  const fragments = names.map(
    (name) => `fragment ${name} on Dispatch { historial { dispatch { historial { changeType } } } }`,
  );
  return `{ despachos { ${names.map((name) => `...${name}`).join(' ')} } } ${fragments.join(' ')}`;
}

const compared: readonly Attack[] = [
  {
    name: 'one field 480 times, to be compared in pairs, every way there is',
    heldBy: 'graphql-js, which compares so many and no more',
    answered: [refused, 'pong'],
    run: (attacker) => attacker.everyWay({ query: overlapping(480) }),
  },
  {
    name: 'the same 12 times at once, each text another one',
    heldBy: 'turns between texts',
    answered: [refused],
    async run(attacker) {
      const ask = async (_: unknown, at: number) =>
        (await attacker.post({ query: `query Q${at} ${overlapping(480)}` })).outcome;
      return Promise.all(Array.from({ length: 12 }, ask));
    },
  },
  {
    name: '100 fragments with the same fields beside each other, every way there is',
    heldBy: '`MAX_TOKENS`, `MAX_COST`',
    answered: ['COST_EXCEEDED', 'pong'],
    run: (attacker) => attacker.everyWay({ query: overlappingFragments(100) }),
  },
  {
    name: '400 variables that nothing uses, and 400 that nothing declares',
    heldBy: '`MAX_TOKENS`, 100 errors in an answer',
    answered: [refused, 'pong'],
    run(attacker) {
      const names = Array.from({ length: 320 }, (_, at) => `v${at}`);
      const declared = names.map((name) => `$${name}: ID`).join(' ');
      return attacker.everyWay({
        query: `query (${declared}) { dispatch(id: $none) { ${names.join(' ')} } }`,
      });
    },
  },
];

/** Thirty times a fragment that is as deep as it may be: a few kilobytes of text, megabytes of code. */
function large(number: number): string {
  const aliases = Array.from({ length: 30 }, (_, at) => `a${at}: dispatch(id: $id) { ...Deep }`).join(' ');
  const fields = 'id estado prioridad incidente version origen { latitud longitud direccion }';
  const deep = Array.from({ length: 4 }).reduce<string>(
    (inner) => `${fields} historial(limit: 1) { changeType dispatch { ${inner} } }`,
    fields,
  );
  return `query Large${number}($id: ID!) { ${aliases} } fragment Deep on Dispatch { ${deep} }`;
}

const compiled: Attack = {
  name: '40 documents of 30 aliases and a deep fragment, each often enough to be compiled',
  heldBy: 'what may be compiled, and the memory for it',
  answered: ['data'],
  async run(attacker) {
    const outcomes: string[] = [];
    for (let number = 0; number < 40; number += 1) {
      const query = large(number);
      const ask = async () => (await attacker.post({ query, variables: { id: 'none' } })).outcome;
      outcomes.push(...(await Promise.all(Array.from({ length: 10 }, ask))));
    }
    return outcomes;
  },
};

export const documents: AttackKind = {
  title: 'Documents',
  // As it was when whoever had no token could send them.
  env: { CALLBACK_ORIGINS: 'http://127.0.0.1:1', SDL_READERS: 'anybody' },
  attacks: [...unfoldings, ...compared, compiled],
};

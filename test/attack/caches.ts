/** What one caller leaves in a cache, and who else finds it there. */
import type { Attack, AttackKind } from '../support/attack/attack.ts';
import type { Attacker } from '../support/attack/attacker.ts';

/** Somebody's operation, which is known by its text and its name. */
const victim = { operationName: 'Board', query: 'query Board { despachos(limit: 1) { id } }' };

/** Names that take the beginning of somebody's text, in the ways that a key may be put together. */
const poisons = ['\n', ' ', '\0', ':', ''].flatMap((separator) => {
  const [beginning, rest] = [victim.query.slice(0, 12), victim.query.slice(12)];
  return [
    { operationName: `Board${separator}${beginning}`, query: rest },
    { operationName: '', query: `Board${separator}${victim.query}` },
    { operationName: `5 Board${separator}`, query: victim.query },
  ];
});

const poisoning: readonly Attack[] = [
  {
    name: "an operation's name with a line break and the beginning of somebody's text, then that text, every way there is",
    heldBy: 'keys that cannot collide',
    answered: ['data', 'pong'],
    async run(attacker) {
      const token = await attacker.token({ sub: 'poisoner' });
      for (const poison of poisons) await attacker.post(poison, { token });
      return attacker.everyWay(victim);
    },
  },
  {
    name: "an operation's name that is no name",
    heldBy: "GraphQL's Name",
    answered: ['BAD_USER_INPUT', 'pong'],
    async run(attacker) {
      const outcomes: string[] = [];
      for (const operationName of ['Board\n', ' ', '1', 'a b', 'ñ', 'A'.repeat(5_000)])
        outcomes.push(...(await attacker.everyWay({ ...victim, operationName })));
      return outcomes;
    },
  },
  {
    name: 'an empty name, which counts as none, every way there is',
    heldBy: "GraphQL's Name",
    answered: ['data', 'pong'],
    run: (attacker) => attacker.everyWay({ ...victim, operationName: '' }),
  },
];

/** A text that says nothing but the shortest of queries, with so many comments, and a token for each of them. */
const commented = (number: number, comments: number) =>
  `query Commented${number} { dispatch(id: "none") { id } }\n${'#\n'.repeat(comments)}`;

const filling: readonly Attack[] = [
  {
    name: '250 texts of 40 KB, which are comments but for one field',
    heldBy: 'lines of a text',
    answered: ['GRAPHQL_PARSE_FAILED'],
    run: (attacker) => ask(attacker, (number) => commented(number, 20_000), 250),
  },
  {
    name: '1,000 texts of 4,900 comments and one field',
    heldBy: 'the memory for texts, without their tokens',
    answered: ['data'],
    run: (attacker) => ask(attacker, (number) => commented(number, 4_900), 1_000),
  },
  {
    name: '1,000 texts of a viewer who may not run any of them',
    heldBy: 'the memory for texts: what was refused is not kept',
    answered: ['FORBIDDEN'],
    async run(attacker) {
      const token = await attacker.token({ role: null });
      const text = (number: number) =>
        `query Refused${number} { ${'despachos(limit: 1) { id estado version } '.repeat(60)} }`;
      return ask(attacker, text, 1_000, token);
    },
  },
  {
    name: '1,000 texts that are wrong in a hundred places each',
    heldBy: 'the memory for texts: what was refused is not kept',
    answered: ['GRAPHQL_VALIDATION_FAILED'],
    run: (attacker) =>
      ask(
        attacker,
        (number) => `{ ${Array.from({ length: 100 }, (_, at) => `no${number}x${at}`).join(' ')} }`,
        1_000,
      ),
  },
];

async function ask(
  attacker: Attacker,
  text: (number: number) => string,
  count: number,
  token?: string,
): Promise<string[]> {
  const outcomes = new Set<string>();
  for (let number = 0; number < count; number += 10) {
    const batch = Array.from({ length: 10 }, (_, at) =>
      attacker.post({ query: text(number + at) }, { token }),
    );
    for (const { outcome } of await Promise.all(batch)) outcomes.add(outcome);
  }
  return [...outcomes];
}

export const caches: AttackKind = {
  title: 'Caches',
  env: { CALLBACK_ORIGINS: 'http://127.0.0.1:1' },
  attacks: [...poisoning, ...filling],
};

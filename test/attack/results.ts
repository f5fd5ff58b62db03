/** Answers that are large: asked for, waited for, and read by whoever can read them. */
import type { Attack, AttackKind } from '../support/attack/attack.ts';
import type { Attacker } from '../support/attack/attacker.ts';

const dispatches = 210;
/** As long as it may be. */
const observaciones = 'ñ'.repeat(2_000);

/** By a service, whose changes no rate limit counts. */
async function prepare({ client }: Attacker): Promise<void> {
  const token = await client.token({ sub: 'filler', role: 'system' });
  const origen = { latitud: -16.5, longitud: -68.15, direccion: 'Plaza Murillo' };
  const fields = Array.from({ length: 30 }, (_, at) => `d${at}: createDispatch(input: $input) { id }`);
  const query = `mutation ($input: CreateDispatchInput!) { ${fields.join(' ')} }`;
  const input = { origen, destino: origen, observaciones };
  for (let made = 0; made < dispatches; made += fields.length) {
    const { errors } = await client.ask(query, { input }, token);
    if (errors) throw new Error(JSON.stringify(errors));
  }
}

/** The same list under so many names: 840 KB for each of them. */
const list = (names: number) =>
  `{ ${Array.from({ length: names }, (_, at) => `l${at}: despachos(limit: ${dispatches}) { id observaciones }`).join(' ')} }`;
/** 5 MB: as large as it may be, and large enough that a WebSocket's queue never holds it. */
const large = list(6);
/** 25 MB. */
const tooLarge = list(30);

const attacks: readonly Attack[] = [
  {
    name: 'an answer of 25 MB, every way there is',
    heldBy: '`MAX_RESULT_BYTES`',
    answered: ['RESULT_TOO_LARGE', 'pong'],
    run: (attacker) => attacker.everyWay({ query: tooLarge }),
  },
  {
    name: 'the same, often enough to be compiled',
    heldBy: '`MAX_RESULT_BYTES`',
    answered: ['RESULT_TOO_LARGE'],
    async run(attacker) {
      const outcomes: string[] = [];
      for (let sent = 0; sent < 12; sent += 1)
        outcomes.push((await attacker.post({ query: tooLarge })).outcome);
      return outcomes;
    },
  },
  {
    name: 'an answer of 5 MB over a WebSocket whose client reads',
    heldBy: '`MAX_RESULT_BYTES`: one message may be larger than `OUTBOX_MAX_BYTES` where nothing else waits',
    answered: ['data', 'pong'],
    async run(attacker) {
      const socket = await attacker.socket();
      return [await attacker.askOver(socket, '1', { query: large }), await attacker.isServed(socket)];
    },
  },
  {
    name: '40 answers of 5 MB at once, read as they come',
    heldBy: '`MAX_RESULT_BYTES`, and answers under way for each viewer',
    answered: ['data'],
    mayAnswer: ['RATE_LIMITED'],
    async run(attacker) {
      const ask = async () => (await attacker.post({ query: large })).outcome;
      return Promise.all(Array.from({ length: 40 }, ask));
    },
  },
  {
    name: 'a reference to 210 dispatches under 30 names',
    heldBy: '`MAX_REFERENCES`',
    answered: ['BAD_USER_INPUT'],
    async run(attacker) {
      const fields = Array.from(
        { length: 30 },
        (_, at) => `e${at}: _entities(representations: $r) { ... on Dispatch { observaciones } }`,
      );
      const variables = {
        r: Array.from({ length: dispatches }, (_, at) => ({ __typename: 'Dispatch', id: String(at + 1) })),
      };
      const query = `query ($r: [_Any!]!) { ${fields.join(' ')} }`;
      return [(await attacker.post({ query, variables })).outcome];
    },
  },
];

export const results: AttackKind = {
  title: 'Large answers',
  env: { CALLBACK_ORIGINS: 'http://127.0.0.1:1' },
  prepare,
  attacks,
};

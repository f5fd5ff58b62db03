/** What is wrong in a way that nobody thought of: a mistake of the client's is answered as one, and ends nothing else. */
import type { Attack, AttackKind } from '../support/attack/attack.ts';
import { assign, createDispatch, createDispatches } from '../support/operations.ts';
import { until } from '../support/until.ts';
import type { Attacker } from '../support/attack/attacker.ts';

const parseFailed = 'GRAPHQL_PARSE_FAILED';
const invalid = 'GRAPHQL_VALIDATION_FAILED';

const inside = (open: string, close: string, depth: number, core = '') =>
  open.repeat(depth) + core + close.repeat(depth);

/** Texts whose parts lie in each other as deep as `MAX_TOKENS` allows, and deeper. */
const nested = {
  lists: `{ user(id: ${inside('[', ']', 2_000)}) { id } }`,
  'lists just below the bound': `{ user(id: ${inside('[', ']', 990)}) { id } }`,
  objects: `{ user(id: ${inside('{ a: ', ' }', 480, '1')}) { id } }`,
  selections: inside('{ a ', '}', 640),
  'fragments without a name': `{ ${inside('... { ', '}', 480, '__typename')} }`,
  types: `query ($v: ${inside('[', ']', 950, 'ID')}) { user(id: $v) { id } }`,
};

function answerTo(query: string): string {
  if (query === nested.lists) return parseFailed;
  // Such a fragment adds no level of fields.
  return query === nested['fragments without a name'] ? 'data' : invalid;
}

const deep: readonly Attack[] = [
  ...Object.entries(nested).map(([what, query]) => ({
    name: `${what} in each other, over WebSocket and HTTP, on a cold server`,
    heldBy: '`MAX_TOKENS`, `MAX_DEPTH`',
    answered: [answerTo(query), 'pong'],
    cold: true,
    async run(attacker: Attacker) {
      const socket = await attacker.socket();
      const overSocket = await attacker.askOver(socket, '1', { query });
      const { outcome } = await attacker.post({ query });
      return [overSocket, outcome, await attacker.isServed(socket)];
    },
  })),
  {
    name: 'lists in each other, over HTTP alone, on a cold server',
    heldBy: '`MAX_TOKENS`',
    answered: [parseFailed],
    cold: true,
    run: async (attacker) => [(await attacker.post({ query: nested.lists })).outcome],
  },
];

/** As deep as fits into the largest body. */
const deepVariables: Attack = {
  name: 'lists in each other in a variable, 30,000 deep, over HTTP and WebSocket',
  heldBy: 'types of arguments',
  answered: ['BAD_USER_INPUT', 'pong'],
  async run(attacker) {
    // As text: to write it as JSON is more than this side can do.
    const value = inside('[', ']', 30_000);
    const asked = (kind: string, type: string, field: string) =>
      `{"query":"${kind} ($v: ${type}) { ${field} }","variables":{"v":${value}}}`;
    const socket = await attacker.socket();
    const outcomes: string[] = [];
    for (const [at, payload] of [
      asked('query', 'ID!', 'dispatch(id: $v) { id }'),
      asked('query', '[_Any!]!', '_entities(representations: $v) { __typename }'),
      asked('query', 'Int', 'despachos(limit: $v) { id }'),
      asked('query', 'DispatchStatus', 'despachos(estado: $v) { id }'),
      asked('mutation', 'CreateDispatchInput!', 'createDispatch(input: $v) { id }'),
      asked('subscription', 'Cursor', 'dispatchesUpdated(after: $v) { cursor }'),
    ].entries()) {
      if (!payload.includes('subscription')) outcomes.push((await attacker.post(payload)).outcome);
      socket.send(`{"id":"${at}","type":"subscribe","payload":${payload}}`);
      outcomes.push(await attacker.answerOf(socket, String(at)));
    }
    return [...outcomes, await attacker.isServed(socket)];
  },
};

const strangeNames = ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf'];

/** What a stream shows whose variable has this name, given or left out. */
async function streamWith(attacker: Attacker, name: string, given: boolean): Promise<string[]> {
  const query = `subscription ($${name}: DispatchStatus) { dispatchesUpdated(estado: $${name}) { changeType } }`;
  // A literal would make `__proto__` the prototype.
  const variables = given ? (JSON.parse(`{ "${name}": "PENDIENTE" }`) as unknown) : {};
  const socket = await attacker.socket();
  const shown = attacker.askOver(socket, name, { query, variables });
  const subscriptions = () => attacker.client.metric('dispatch_subscriptions');
  await Promise.race([shown, until('it is open', async () => (await subscriptions()) === 1)]);
  await createDispatch(attacker.client);
  const outcomes = [await shown, await attacker.isServed(socket)];
  socket.socket.terminate();
  await until('it is over', async () => (await subscriptions()) === 0);
  return outcomes;
}

const names: readonly Attack[] = [
  {
    name: 'variables named as what every object has, in streams',
    heldBy: 'names that are looked up as own ones',
    answered: ['data', 'pong'],
    async run(attacker) {
      const outcomes: string[] = [];
      for (const name of strangeNames)
        for (const given of [true, false]) outcomes.push(...(await streamWith(attacker, name, given)));
      return outcomes;
    },
  },
  {
    name: 'the same in queries, where they must have a value, every way there is',
    heldBy: 'names that are looked up as own ones',
    answered: ['BAD_USER_INPUT', 'pong'],
    async run(attacker) {
      const outcomes: string[] = [];
      for (const name of strangeNames)
        outcomes.push(
          ...(await attacker.everyWay({ query: `query ($${name}: ID!) { dispatch(id: $${name}) { id } }` })),
        );
      return outcomes;
    },
  },
];
const conditions = ['@include(if: $yes)', '@skip(if: $no)', '@include(if: true)', '@skip(if: false)'];

const validation: readonly Attack[] = [
  {
    name: '`@include` and `@skip` on the root of a stream, on its field and in fragments, every way there is',
    heldBy: "GraphQL's rule that the root of a subscription has no condition",
    answered: [invalid, 'pong'],
    async run(attacker) {
      const outcomes: string[] = [];
      for (const condition of conditions) {
        const head = 'subscription ($yes: Boolean! = true, $no: Boolean! = false)';
        const field = 'presenceChanged';
        for (const root of [
          `${field} ${condition} { userId }`,
          `... ${condition} { ${field} { userId } }`,
          `... on Subscription ${condition} { ${field} { userId } }`,
          `...Root ${condition}`,
          `... { ...Root ${condition} }`,
        ]) {
          const query = `${head} { ${root} } fragment Root on Subscription { ${field} { userId } }`;
          const unused = root.includes('Root') ? query : query.slice(0, query.indexOf(' fragment'));
          outcomes.push(...(await attacker.everyWay({ query: unused, variables: { yes: true, no: false } })));
        }
      }
      return outcomes;
    },
  },
  {
    name: 'names that are nearly right, which production does not put right, every way there is',
    heldBy: 'errors without suggestions',
    answered: [invalid, 'BAD_USER_INPUT', 'pong'],
    async run(attacker) {
      const outcomes: string[] = [];
      for (const query of [
        '{ despacho { id } }',
        '{ despachos { ids } }',
        '{ despachos(limite: 1) { id } }',
        '{ despachos(estado: PENDIENT) { id } }',
        'query ($e: DispatchStatu) { despachos(estado: $e) { id } }',
        '{ despachos { ... on Dispath { id } } }',
        '{ despachos { id @includ(if: true) } }',
      ])
        outcomes.push(...(await attacker.everyWay({ query })));
      for (const variables of [{ estado: 'PENDIENT' }, { estado: 'pendiente' }]) {
        const query = 'query ($estado: DispatchStatus) { despachos(estado: $estado) { id } }';
        outcomes.push(...(await attacker.everyWay({ query, variables })));
      }
      return outcomes;
    },
  },
];

/** Of some dispatches the assignment has to be read, of others it is known that there is none: those fail before them. */
const failingLists: Attack = {
  name: 'lists of which one item fails at once and another one later, every way there is',
  heldBy: 'failures of items whose list has failed before',
  answered: ['BAD_USER_INPUT', 'pong'],
  async run(attacker) {
    const ids = await createDispatches(attacker.client, 4);
    for (const [at, id] of ids.entries()) if (at % 2 === 1) await assign(attacker.client, id, `A-${at}`);
    const late = 'assignment { id }';
    const outcomes: string[] = [];
    for (const selection of [
      `despachos { ${late} rastreo(limit: 0) { latitud } }`,
      `despachos { rastreo(limit: 0) { latitud } ${late} }`,
      `despachos(limit: 9) { historial(limit: 2) { dispatch { ${late} rastreo(limit: 0) { latitud } } } }`,
      `despachos { ${late} historial(limit: 0) { cursor } rastreo { latitud } }`,
    ])
      outcomes.push(...(await attacker.everyWay({ query: `{ ${selection} }` })));
    return outcomes;
  },
};

const many = (count: number, make: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => make(at)).join(' ');

const unknown = many(110, (at) => `x${at}`);
/** Each pair is told with twenty places. */
const atOdds = many(
  20,
  (at) => `a${at}: origen { ${many(10, (field) => `x${field}: latitud`)} }
    a${at}: origen { ${many(10, (field) => `x${field}: longitud`)} }`,
);

/** Texts whose answer takes longer to write than the text to read: each mistake is told with its line. */
const verbose = (lines: string) => ({
  'unknown fields': `{ ${lines} ${unknown} }`,
  'fields that are at odds': `{ despachos { ${lines} ${atOdds} } }`,
  'variables that nothing uses': `query Q${lines}(${many(300, (at) => `$v${at}: ID`)}) { __typename }`,
});

const answersTo = (breaks: number, code: string): readonly Attack[] =>
  Object.entries(verbose('\n'.repeat(breaks))).map(([what, query]) => ({
    name: `${what}, behind ${breaks.toLocaleString('en')} line breaks, 12 times at once`,
    heldBy: 'lines of a text, errors of an answer',
    answered: [code],
    async run(attacker) {
      const ask = async () => (await attacker.post({ query })).json.errors?.[0]?.extensions?.code ?? 'data';
      return Promise.all(Array.from({ length: 12 }, ask));
    },
  }));

const suggestive: Attack = {
  name: 'a value that says "Did you mean" 4,500 times, 12 times at once',
  heldBy: 'one look for suggestions in an error',
  answered: [invalid],
  async run(attacker) {
    const query = `{ despachos(limit: "${'Did you mean '.repeat(4_500)}?") { id } }`;
    // The message says so too, since it shows the value.
    const ask = async () => (await attacker.post({ query })).json.errors?.[0]?.extensions?.code ?? 'data';
    return Promise.all(Array.from({ length: 12 }, ask));
  },
};

export const mistakes: AttackKind = {
  title: 'Mistakes',
  env: { CALLBACK_ORIGINS: 'http://127.0.0.1:1' },
  attacks: [
    ...deep,
    deepVariables,
    ...names,
    ...validation,
    failingLists,
    ...answersTo(4_950, invalid),
    ...answersTo(26_000, parseFailed),
    suggestive,
  ],
};

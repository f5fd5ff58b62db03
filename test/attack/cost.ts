/** Operations that ask for much more than they are long: lists in lists, many names for one field, many texts for one event. */
import type { Attack, AttackKind } from '../support/attack/attack.ts';
import type { Attacker } from '../support/attack/attacker.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { assign, createDispatch, move } from '../support/operations.ts';

/** On the dispatch that the attacks ask for. */
const events = 18;
const dispatchId = '1';

async function prepare({ client }: Attacker): Promise<void> {
  const id = await createDispatch(client);
  if (id !== dispatchId) throw new Error(`The first dispatch is ${id}.`);
  for (let ambulance = 1; ambulance < events - 4; ambulance += 1) await assign(client, id, `A-${ambulance}`);
  for (const estado of ['EN_CAMINO', 'EN_SITIO', 'TRASLADANDO', 'COMPLETADO']) await move(client, id, estado);
  await fill(client);
}

/** As many dispatches as one list may have, by a service, whose changes no rate limit counts. */
async function fill(client: TestClient): Promise<void> {
  const token = await client.token({ sub: 'filler', role: 'system' });
  const fields = Array.from({ length: 30 }, (_, at) => `d${at}: createDispatch(input: $input) { id }`);
  const query = `mutation ($input: CreateDispatchInput!) { ${fields.join(' ')} }`;
  const origen = { latitud: -16.5, longitud: -68.15, direccion: 'Plaza Murillo' };
  for (let made = 0; made < 500; made += fields.length) {
    const { errors } = await client.ask(query, { input: { origen, destino: origen } }, token);
    if (errors) throw new Error(JSON.stringify(errors));
  }
}

/** `historial { dispatch { historial { …`, as many lists in each other. */
const nested = (lists: number, limit = '', leaf = 'id') =>
  Array.from({ length: lists }).reduce<string>(
    (inner) => `historial${limit} { dispatch { ${inner} } }`,
    leaf,
  );

const exceeded = 'COST_EXCEEDED';

const lists: readonly Attack[] = [
  {
    name: '`historial { dispatch { historial { …`, five lists in each other, every way there is',
    heldBy: '`MAX_COST`',
    answered: [exceeded, 'pong'],
    run: (attacker) => attacker.everyWay({ query: `{ dispatch(id: ${dispatchId}) { ${nested(5)} } }` }),
  },
  {
    name: 'the same with `limit` in variables',
    heldBy: '`MAX_COST`',
    answered: [exceeded, 'pong'],
    run: (attacker) =>
      attacker.everyWay({
        query: `query ($n: Int) { despachos(limit: $n) { ${nested(2, '(limit: $n)')} } }`,
        variables: { n: 500 },
      }),
  },
  {
    name: 'the same with `limit` in the defaults of variables',
    heldBy: '`MAX_COST`',
    answered: [exceeded, 'pong'],
    run: (attacker) =>
      attacker.everyWay({
        query: `query ($n: Int = 500) { despachos(limit: $n) { ${nested(2, '(limit: $n)')} } }`,
      }),
  },
  {
    name: 'the same in fragments, and behind `@skip` and `@include`',
    heldBy: '`MAX_COST`',
    answered: [exceeded, 'pong'],
    run: (attacker) =>
      attacker.everyWay({
        query: `query ($yes: Boolean! = true, $no: Boolean! = false) {
          dispatch(id: ${dispatchId}) { ... @include(if: $yes) { ...Part } } }
          fragment Part on Dispatch { ${nested(5, ' @skip(if: $no)')} }`,
      }),
  },
  {
    name: '`rastreo` and `historial` of 500 dispatches under 14 names each',
    heldBy: '`MAX_COST`',
    answered: [exceeded, 'pong'],
    run(attacker) {
      const fields = Array.from({ length: 14 }, (_, at) => [
        `r${at}: rastreo(limit: 500) { latitud }`,
        `h${at}: historial(limit: 500) { changeType }`,
      ]).flat();
      return attacker.everyWay({ query: `{ despachos(limit: 500) { ${fields.join(' ')} } }` });
    },
  },
  {
    name: 'a change that shows as much, under 30 names',
    heldBy: '`MAX_COST`',
    answered: [exceeded],
    async run(attacker) {
      const fields = Array.from(
        { length: 30 },
        (_, at) => `s${at}: subscribeToDispatch(id: ${dispatchId}) { ${nested(4)} }`,
      );
      const { outcome } = await attacker.post({ query: `mutation { ${fields.join(' ')} }` });
      return [outcome];
    },
  },
  {
    name: 'a stream whose every event shows as much',
    heldBy: '`MAX_EVENT_COST`',
    answered: [exceeded, 'pong'],
    async run(attacker) {
      const query = `subscription { dispatchesUpdated { dispatch { ${nested(4)} } } }`;
      const socket = await attacker.socket();
      return [
        await attacker.streamed({ query }),
        await attacker.askOver(socket, '1', { query }),
        await attacker.isServed(socket),
      ];
    },
  },
];

const references = (count: number, reference: object) => Array.from({ length: count }, () => reference);

const entities: readonly Attack[] = [
  {
    name: '`_entities` under 30 names, 1,300 references each, by a token without a role',
    heldBy: '`MAX_REFERENCES`',
    answered: ['BAD_USER_INPUT'],
    async run(attacker) {
      const fields = Array.from(
        { length: 30 },
        (_, at) => `e${at}: _entities(representations: $r) { ... on User { id name status lastSeen } }`,
      );
      const query = `query ($r: [_Any!]!) { ${fields.join(' ')} }`;
      const token = await attacker.token({ role: null });
      const variables = { r: references(1_300, { __typename: 'User', id: 'ana' }) };
      return Promise.all(
        Array.from(
          { length: 10 },
          async () => (await attacker.post({ query, variables }, { token })).outcome,
        ),
      );
    },
  },
  {
    name: '`_entities` of one dispatch 1,000 times, each with its history',
    heldBy: '`MAX_COST`',
    answered: [exceeded],
    async run(attacker) {
      const query =
        'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Dispatch { historial(limit: 500) { timestamp } } } }';
      const variables = { r: references(1_000, { __typename: 'Dispatch', id: dispatchId }) };
      return [(await attacker.post({ query, variables })).outcome];
    },
  },
];

const allOfDispatch =
  'id estado prioridad incidente observaciones version fechaSolicitud fechaAsignacion fechaActualizacion ' +
  'origen { latitud longitud direccion } destino { latitud longitud direccion } ambulancia { id placa }';

/** No two of them are executed together. */
const ownText = (number: number) =>
  `subscription S${number} { dispatchesUpdated { changeType timestamp a${number}: dispatch { ${allOfDispatch} } } }`;

const textsPerSocket = 750;

interface Shown {
  readonly id?: string;
  readonly type: string;
  readonly payload: readonly { readonly extensions?: { readonly code: string } }[];
}

/** Subscribes with texts that nobody else has; the operation ids of those that were shown something. */
async function subscribeWithOwnTexts(attacker: Attacker, from: number): Promise<ReadonlyMap<string, string>> {
  const shown = new Map<string, string>();
  const socket = await attacker.socket();
  socket.socket.on('message', (data: Buffer) => {
    const { id, type, payload } = JSON.parse(data.toString()) as Shown;
    if (id !== undefined) shown.set(id, type === 'error' ? String(payload[0]?.extensions?.code) : type);
  });
  for (let number = from; number < from + textsPerSocket; number += 1)
    socket.send({ id: `${number}`, type: 'subscribe', payload: { query: ownText(number) } });
  return shown;
}

const texts: Attack = {
  name: '1,500 texts of one viewer, and one event that all of them show',
  heldBy: 'turns between executions, `MAX_OPEN_OPERATION_BYTES_PER_VIEWER`',
  answered: ['next', 'LIMIT_EXCEEDED'],
  async run(attacker) {
    const sockets = [0, textsPerSocket].map((from) => subscribeWithOwnTexts(attacker, from));
    const shown = await Promise.all(sockets);
    const countShown = () => shown.reduce((sum, { size }) => sum + size, 0);
    await until(
      'all are open',
      async () => {
        const open = await attacker.client.metric('dispatch_subscriptions');
        return open + countShown() === 2 * textsPerSocket;
      },
      50_000,
    );
    await createDispatch(attacker.client);
    await until('all are shown the event', () => countShown() === 2 * textsPerSocket, 50_000);
    return shown.flatMap((each) => [...each.values()]);
  },
};

/** As many values as one operation may have: 100,000, and all of them are there. */
const most = `{ ${Array.from({ length: 8 }, (_, at) => `l${at}: despachos(limit: 500) { ...All }`).join(' ')} }
  fragment All on Dispatch {
    id estado prioridad incidente distanciaKm tiempoEstimadoMin tiempoRealMin version
    fechaSolicitud fechaAsignacion fechaLlegada fechaFinalizacion fechaActualizacion
    origen { latitud longitud direccion } destino { latitud longitud direccion } ambulancia { id placa }
  }`;

const maximum: readonly Attack[] = [
  {
    name: 'the most that one operation may cost, 12 times, and 12 times at once',
    heldBy: '`MAX_COST`, `COST_PER_MINUTE`',
    answered: ['data'],
    async run(attacker) {
      const token = await attacker.token({ sub: 'spender' });
      const ask = async () => (await attacker.post({ query: most }, { token })).outcome;
      const outcomes: string[] = [];
      for (let sent = 0; sent < 12; sent += 1) outcomes.push(await ask());
      return [...outcomes, ...(await Promise.all(Array.from({ length: 12 }, ask)))];
    },
  },
  {
    name: 'the same 150 times at once, which is more than a minute allows',
    heldBy: '`COST_PER_MINUTE`',
    answered: ['data'],
    mayAnswer: ['RATE_LIMITED'],
    async run(attacker) {
      const token = await attacker.token({ sub: 'another-spender' });
      const ask = async () => (await attacker.post({ query: most }, { token })).outcome;
      return Promise.all(Array.from({ length: 150 }, ask));
    },
  },
];

export const cost: AttackKind = {
  title: 'Cost',
  env: { CALLBACK_ORIGINS: 'http://127.0.0.1:1' },
  prepare,
  attacks: [...lists, ...entities, texts, ...maximum],
};

/** Cursors that ask for more than there is to tell, and subscriptions to what does not exist. */
import { CursorKeys } from '../../src/realtime/cursors/cursor-keys.ts';
import { createCursorFormat } from '../../src/realtime/cursors/cursor.ts';
import type { Attack, AttackKind } from '../support/attack/attack.ts';
import type { Attacker } from '../support/attack/attacker.ts';
import { fillFolder, recentRows } from '../support/attack/large-database.ts';
import { unsignedCursor } from '../support/last-release.ts';

const hourMs = 3_600_000;

/** The service's own secret, for cursors that are good and of a log that was lost. */
const secret = 'mV3nQx8TzK5rYd1LwJ7bHc9PfGs2AeUo4ZtXi6RqNhCvEyBk';
const own = new CursorKeys([secret]);
const foreign = new CursorKeys(['somebody else']);

const ago = (hours: number) => Date.now() - hours * hourMs;

function cursorOf(keys: CursorKeys, topic: string, at: number): string {
  return createCursorFormat(topic, keys).format({ epoch: 'lost', offset: 1, at });
}

/** No two of them are executed together, nor after cursors of the same date. */
const board = (number: number) =>
  `subscription B${number} ($after: Cursor) { dispatchesUpdated(after: $after) { cursor a${number}: changeType dispatch { id estado prioridad observaciones version origen { latitud longitud } } } }`;
const channel = (number: number) =>
  `subscription C${number} ($after: Cursor) { messageBroadcast(channel: "general", after: $after) { cursor a${number}: message senderId timestamp } }`;

const streams = [
  { topic: 'dispatches', query: board },
  { topic: 'message:general', query: channel },
] as const;

/** Subscribes twenty times to each stream, all at once; the first answers. */
async function twenty(
  attacker: Attacker,
  after: (topic: string, number: number) => string,
): Promise<string[]> {
  const socket = await attacker.socket();
  const asked = Array.from({ length: 20 }, (_, number) =>
    streams.map(({ topic, query }) =>
      attacker.askOver(socket, `${topic} ${number}`, {
        query: query(number),
        variables: { after: after(topic, number) },
      }),
    ),
  );
  return [...(await Promise.all(asked.flat())), await attacker.isServed(socket)];
}

const tooOld: readonly Attack[] = [
  {
    name: '20 made-up cursors of a board and as many of a channel, which ask for all of 150,000 rows',
    heldBy: 'the signature of cursors',
    answered: ['CURSOR_TOO_OLD', 'pong'],
    run: (attacker) =>
      twenty(attacker, (topic) => unsignedCursor(topic, { epoch: 'lost', offset: 1, at: 0 })),
  },
  {
    name: 'the same that ask for the last hour, signed by another service',
    heldBy: 'the signature of cursors',
    answered: ['CURSOR_TOO_OLD', 'pong'],
    run: (attacker) => twenty(attacker, (topic, number) => cursorOf(foreign, topic, ago(1) + number)),
  },
  {
    name: 'the same that are good, and older than the log',
    heldBy: '`EVENT_LOG_MAX_AGE_MS`',
    answered: ['CURSOR_TOO_OLD', 'pong'],
    run: (attacker) => twenty(attacker, (topic, number) => cursorOf(own, topic, ago(25) + number)),
  },
  {
    name: 'the same that are good, and behind 30,000 changes',
    heldBy: 'a count by an index, before anything is read',
    answered: ['CURSOR_TOO_OLD', 'pong'],
    run: (attacker) => twenty(attacker, (topic, number) => cursorOf(own, topic, ago(20) + number)),
  },
  {
    name: 'cursors of 60 KB, of nothing but versions',
    heldBy: 'the length of cursors',
    answered: ['BAD_USER_INPUT', 'pong'],
    run(attacker) {
      const versions = Object.fromEntries(Array.from({ length: 3_500 }, (_, id) => [`${id}`, id]));
      return twenty(attacker, (topic) =>
        unsignedCursor(topic, { epoch: 'lost', offset: 1, at: 0, versions }),
      );
    },
  },
];

/** The frames of a snapshot that a client gets, all of them read. */
async function readWhole(attacker: Attacker, number: number): Promise<string[]> {
  const socket = await attacker.socket(await attacker.token({ sub: `reader-${number}` }));
  const { topic, query } = streams[number % streams.length]!;
  const variables = { after: cursorOf(own, topic, ago(1) + number) };
  socket.send({ id: 'whole', type: 'subscribe', payload: { query: query(number), variables } });
  await socket.until(() => socket.messages.length > recentRows);
  return [`${socket.messages.length - 1} frames`, await attacker.isServed(socket)];
}

const many: readonly Attack[] = [
  {
    name: '20 good cursors of a board and as many of a channel, each behind 9,900 changes, on sockets that read nothing',
    heldBy: 'pages of a snapshot, made as they are taken',
    answered: ['stream'],
    async run(attacker) {
      const opened = Array.from({ length: 20 }, (_, number) =>
        streams.map(async ({ topic, query }) => {
          const variables = { after: cursorOf(own, topic, ago(1) + number) };
          return attacker.opensStream({ query: query(number), variables });
        }),
      );
      return Promise.all(opened.flat());
    },
  },
  {
    name: 'four of them read to the end',
    heldBy: 'pages of a snapshot, and turns between executions',
    answered: [`${recentRows} frames`, 'pong'],
    async run(attacker) {
      return (await Promise.all([0, 1, 2, 3].map((number) => readWhole(attacker, number)))).flat();
    },
  },
  {
    name: 'lists by two filters, of which hardly any of 150,000 dispatches passes both, 50 times',
    heldBy: 'an index of both',
    answered: ['data'],
    async run(attacker) {
      const query = '{ despachos(estado: EN_CAMINO, prioridad: CRITICA, limit: 50) { id } }';
      const outcomes: string[] = [];
      for (let asked = 0; asked < 50; asked += 1) outcomes.push((await attacker.post({ query })).outcome);
      return outcomes;
    },
  },
];

const nothing: readonly Attack[] = [
  {
    name: '1,000 subscriptions to dispatches that do not exist',
    heldBy: 'topics without events are forgotten',
    answered: ['NOT_FOUND', 'pong'],
    async run(attacker) {
      const socket = await attacker.socket();
      const outcomes: string[] = [];
      for (let sent = 0; sent < 1_000; sent += 500) {
        const asked = Array.from({ length: 500 }, (_, number) =>
          attacker.askOver(socket, `${sent + number}`, {
            query: `subscription { dispatchUpdated(id: "${9_000_000 + sent + number}") { cursor } }`,
          }),
        );
        outcomes.push(...(await Promise.all(asked)));
      }
      return [...outcomes, await attacker.isServed(socket)];
    },
  },
];

export const cursors: AttackKind = {
  title: 'Cursors',
  env: { CURSOR_SECRET: secret },
  fill: fillFolder,
  attacks: [...tooOld, ...many, ...nothing],
};

/** What somebody asks for who has a token, and no right to see it. */
import type { Attack, AttackKind } from '../support/attack/attack.ts';
import type { Attacker } from '../support/attack/attacker.ts';
import { assign, createDispatch } from '../support/operations.ts';
import { until } from '../support/until.ts';

const refused = 'FORBIDDEN';
const fieldsOfUser = 'id name role status isOnline lastSeen connectionCount';
const hidden = ['role', 'status', 'isOnline', 'lastSeen', 'connectionCount'];
const nothing = 'nothing of them but id and name';

const asker = (attacker: Attacker) => attacker.token({ sub: 'nobody', role: null });

/** Somebody is here, has said something, and has changed a dispatch. */
async function prepare(attacker: Attacker): Promise<void> {
  const { client } = attacker;
  const id = await createDispatch(client);
  await assign(client, id);
  const say = (channel: string) =>
    client.ask(`mutation { broadcastMessage(channel: "${channel}", message: "hola") { id } }`);
  for (const channel of ['sala', `dispatch:${id}:chat`]) {
    const { errors } = await say(channel);
    if (errors) throw new Error(JSON.stringify(errors));
  }
}

function describe(user: unknown): string {
  const shown = hidden.filter((field) => (user as Readonly<Record<string, unknown>>)[field] !== null);
  return shown.length === 0 ? nothing : shown.join(', ');
}

const people: readonly Attack[] = [
  {
    name: '`user(id)` of somebody else, by a token without a role, every way there is',
    heldBy: '`view-users`',
    answered: [refused, 'pong'],
    run: async (attacker) =>
      attacker.everyWay({ query: `{ user(id: "ana") { ${fieldsOfUser} } }` }, await asker(attacker)),
  },
  {
    name: '`_entities` on User, by a token without a role',
    heldBy: 'fields that are null without `view-users`',
    answered: ['data', nothing],
    async run(attacker) {
      const query = `{ _entities(representations: [{ __typename: "User", id: "ana" }]) { ... on User { ${fieldsOfUser} } } }`;
      const { outcome, json } = await attacker.post({ query }, { token: await asker(attacker) });
      return [outcome, ...(json.data!['_entities'] as readonly unknown[]).map(describe)];
    },
  },
  {
    name: '`channelHistory { sender { … } }`, by a doctor',
    heldBy: 'fields that are null without `view-users`',
    answered: ['data', nothing],
    async run(attacker) {
      const query = `{ channelHistory(channel: "sala") { sender { ${fieldsOfUser} } } }`;
      const { outcome, json } = await attacker.post(
        { query },
        { token: await attacker.token({ sub: 'doctor', role: 'doctor' }) },
      );
      const said = json.data!['channelHistory'] as readonly { readonly sender: unknown }[];
      return [outcome, ...said.map(({ sender }) => describe(sender))];
    },
  },
  {
    name: 'a user who is connected and chose OFFLINE, by somebody with `view-users`',
    heldBy: 'what users choose to show',
    answered: ['data', 'offline'],
    async run(attacker) {
      const token = await attacker.token({ sub: 'hidden', role: 'dispatcher' });
      await attacker.socket(token);
      const count = '{ user(id: "hidden") { connectionCount } }';
      await until('they are here', async () => {
        const { json } = await attacker.post({ query: count }, { token });
        return (json.data?.['user'] as { readonly connectionCount?: number } | null)?.connectionCount === 1;
      });
      await attacker.post({ query: 'mutation { updateUserStatus(status: OFFLINE) { id } }' }, { token });
      const query = '{ user(id: "hidden") { isOnline status } }';
      const { outcome, json } = await attacker.post({ query });
      const { isOnline, status } = json.data!['user'] as Readonly<Record<string, unknown>>;
      return [outcome, isOnline === false && status === 'OFFLINE' ? 'offline' : 'online'];
    },
  },
  {
    name: '`actorId` in the history of a dispatch, by somebody who may see the dispatch',
    heldBy: 'fields that are null without what `events` needs',
    answered: ['data', 'nobody named'],
    async run(attacker) {
      const query = '{ dispatch(id: 1) { historial { actorId } } }';
      const token = await attacker.token({ sub: 'doctor', role: 'doctor' });
      const { outcome, json } = await attacker.post({ query }, { token });
      const { historial } = json.data!['dispatch'] as { readonly historial: readonly { actorId: unknown }[] };
      return [
        outcome,
        historial.every(({ actorId }) => actorId === null) ? 'nobody named' : 'somebody named',
      ];
    },
  },
];

/** Reads, hears and writes there, all ways there are. */
async function everythingAt(attacker: Attacker, channel: string, token: string): Promise<string[]> {
  const variables = { channel };
  const read = 'query ($channel: String!) { channelHistory(channel: $channel) { message } }';
  const hear = 'subscription ($channel: String!) { messageBroadcast(channel: $channel) { message } }';
  const write =
    'mutation ($channel: String!) { broadcastMessage(channel: $channel, message: "hola") { id } }';
  const socket = await attacker.socket(token);
  return [
    ...(await attacker.everyWay({ query: read, variables }, token)),
    await attacker.streamed({ query: hear, variables }, { token }),
    await attacker.askOver(socket, 'hear', { query: hear, variables }),
    (await attacker.post({ query: write, variables }, { token })).outcome,
    await attacker.askOver(socket, 'write', { query: write, variables }),
  ];
}

const channels: readonly Attack[] = [
  {
    name: 'any channel, by a token without a role: reading, hearing, writing',
    heldBy: '`view-messages`, `send-messages`',
    answered: [refused, 'pong'],
    run: async (attacker) => everythingAt(attacker, 'sala', await asker(attacker)),
  },
  {
    name: 'channels of another role, of another user, and their names in capitals, by an administrator',
    heldBy: 'names of channels that say whose they are',
    answered: [refused, 'pong'],
    async run(attacker) {
      const token = await attacker.token({ sub: 'boss', role: 'admin' });
      const outcomes: string[] = [];
      for (const channel of ['role:paramedic:sala', 'Role:paramedic', 'user:ana:notas', 'USER:ana', 'user:'])
        outcomes.push(...(await everythingAt(attacker, channel, token)));
      return outcomes;
    },
  },
  {
    name: "a dispatch's channel, written to by somebody who may only see the dispatch",
    heldBy: 'the crew of a dispatch, and `update-dispatch`',
    answered: [refused],
    async run(attacker) {
      const token = await attacker.token({ sub: 'doctor', role: 'doctor' });
      const query = 'mutation { broadcastMessage(channel: "dispatch:1:chat", message: "hola") { id } }';
      return [(await attacker.post({ query }, { token })).outcome];
    },
  },
];

export const sight: AttackKind = {
  title: 'Sight',
  env: { CALLBACK_ORIGINS: 'http://127.0.0.1:1' },
  prepare,
  attacks: [...people, ...channels],
};

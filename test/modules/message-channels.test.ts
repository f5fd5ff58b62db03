/** Channels that are named after a role, a user or a dispatch, and who may read and write there. */
import { expect, test } from '@jest/globals';
import type { Viewer } from '../../src/auth/viewer.ts';
import { codeOf, tSubgraph, viewer, type Data } from '../support/subgraph.ts';

const ana = viewer('doctor', { id: 'ana' });
const send = `mutation ($channel: String!, $message: String!) {
  broadcastMessage(channel: $channel, message: $message) { id } }`;
const read = 'query ($channel: String!) { channelHistory(channel: $channel) { message } }';
const listen = 'subscription ($channel: String!) { messageBroadcast(channel: $channel) { message } }';
const crew = viewer('paramedic', { id: 'luis', ambulanciaId: 'A1' });
const otherCrew = viewer('paramedic', { id: 'leo', ambulanciaId: 'A2' });
const [dispatcher, doctor, system] = ['dispatcher', 'doctor', 'system'].map((role) => viewer(role));
const mayOnly = (...permissions: string[]) => ({ ...viewer('doctor'), permissions: new Set(permissions) });

/** Dispatch 1, which ambulance A1 serves. Tells the codes that a viewer is refused with; undefined where they are not. */
async function tChannels() {
  const subgraph = await tSubgraph();
  const { ask, data, subscribe } = subgraph;
  await data(
    dispatcher!,
    'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 1 } }) { id } }',
  );
  await data(dispatcher!, 'mutation { assignDispatch(id: 1, ambulanciaId: "A1") { id } }');
  const opened = (who: Viewer, channel: string) =>
    subscribe(who, listen, { channel }).then(
      () => undefined,
      (error: { extensions: { code: string } }) => error.extensions.code,
    );
  const codes = async (who: Viewer, channel: string) => [
    codeOf(await ask(who, read, { channel })),
    await opened(who, channel),
    codeOf(await ask(who, send, { channel, message: 'hola' })),
  ];
  return { ...subgraph, codes };
}

const all = [undefined, undefined, undefined];
const none = ['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'];
const readOnly = [undefined, undefined, 'FORBIDDEN'];
const writeOnly = ['FORBIDDEN', 'FORBIDDEN', undefined];

test.each<[string, Viewer, unknown[]]>([
  ['role:doctor:sala', doctor!, all],
  ['role:doctor', doctor!, all],
  ['role:Doctor:sala', doctor!, all],
  ['role:paramedic:sala', doctor!, none],
  ['role:paramedic', doctor!, none],
  ['Role:paramedic:sala', doctor!, none],
  ['role:paramedic:sala', viewer('admin'), none],
  ['role:', doctor!, none],
  ['role', doctor!, all],
  ['user:ana:notas', ana, all],
  ['user:ana', ana, all],
  ['user:eva:notas', ana, none],
  ['user:eva', viewer('admin'), none],
  ['USER:eva:notas', ana, none],
  ['user:Ana:notas', ana, none],
  ['user:', ana, none],
  ['user:a:b', viewer('doctor', { id: 'a:b' }), none],
  ['dispatch:1:chat', dispatcher!, all],
  ['dispatch:1', system!, all],
  ['dispatch:1:chat', crew, all],
  ['dispatch:1:chat', otherCrew, readOnly],
  ['dispatch:1:chat', viewer('paramedic'), readOnly],
  ['dispatch:1:chat', doctor!, readOnly],
  ['Dispatch:1:chat', doctor!, readOnly],
  ['dispatch:1:chat', viewer('doctor', { ambulanciaId: 'A1' }), all],
  ['dispatch:1:chat', mayOnly('view-messages', 'send-messages'), none],
  ['dispatch:1:chat', mayOnly('view-messages', 'send-messages', 'update-dispatch'), writeOnly],
  ['general', mayOnly('view-messages'), readOnly],
  ['general', mayOnly('send-messages'), writeOnly],
  ['general', mayOnly('view-dispatches'), none],
  ['rolexyz:a', mayOnly('view-messages', 'send-messages'), all],
])('%s', async (channel, who, expected) => {
  const { codes } = await tChannels();
  expect(await codes(who, channel)).toEqual(expected);
});

test('of a dispatch that does not exist are not there, for whoever could know', async () => {
  const { codes } = await tChannels();
  for (const channel of ['dispatch:2:chat', 'dispatch:', 'dispatch:01:chat', 'dispatch:x'])
    expect([channel, ...(await codes(dispatcher!, channel))]).toEqual([
      channel,
      ...Array(3).fill('NOT_FOUND'),
    ]);
  expect(await codes(doctor!, 'dispatch:2:chat')).toEqual(['NOT_FOUND', 'NOT_FOUND', 'FORBIDDEN']);
  expect(await codes(crew, 'dispatch:2:chat')).toEqual(['NOT_FOUND', 'NOT_FOUND', 'FORBIDDEN']);
});

test('keep what is said there from who reads the audit trail', async () => {
  const { data } = await tChannels();
  const say = (who: Viewer, channel: string) => data(who, send, { channel, message: `en ${channel}` });
  await say(ana, 'user:ana:notas');
  await say(ana, 'role:doctor:sala');
  await say(dispatcher!, 'dispatch:1:chat');
  await say(ana, 'general');
  const { events } = await data(dispatcher!, '{ events(type: "message.broadcast") { actorId data } }');
  const told = (events as { actorId: string; data: Data }[]).map(
    ({ actorId, data: { channel, message } }) => [...[actorId, channel, message]],
  );
  expect(told).toEqual([
    ['ana', 'general', 'en general'],
    ['dispatcher', 'dispatch:1:chat', 'en dispatch:1:chat'],
    ['ana', 'role:doctor:sala', null],
    ['ana', 'user:ana:notas', null],
  ]);
});

/** The promises for which real processes have to end, and what event streams say of themselves. */
import { expect } from '@jest/globals';
import type { DeliveryPromise, ProcessProof, WayName } from './promise.ts';
import { tell } from './scene.ts';

const resume = (title: string): ProcessProof => ({
  ...{ way: 'WebSocket', file: 'test/faults/resume.test.ts', title },
});
const shared = (title: string): ProcessProof => ({
  ...{ way: 'single connection mode', file: 'test/faults/single-connection.test.ts', title },
});

const noMemory: Partial<Record<WayName, string>> = {
  'event stream by POST':
    'the next process goes by what its client says, and knows nothing of the one before',
  'EventSource by GET': 'the next process goes by what its client says, and knows nothing of the one before',
  multipart: 'the next process goes by what its client says, and knows nothing of the one before',
  'HTTP callback': 'its router is told that the stream was interrupted, and subscribes again with its cursor',
};

export const processes: readonly DeliveryPromise[] = [
  {
    number: 'D23',
    says: 'loses nothing when a process is killed',
    unless: noMemory,
    prove: null,
    processProofs: [
      resume('misses nothing when its process is killed, and is shown again only what was not reported'),
      resume('misses nothing when its process is killed, with an id that is a hash of what it asks'),
      shared('misses nothing when the process of its stream is killed'),
    ],
  },
  {
    number: 'D24',
    says: 'shows nothing twice, and loses nothing, when a process is drained',
    unless: noMemory,
    prove: null,
    processProofs: [
      resume('is shown nothing twice when its process is drained'),
      shared('misses nothing when the process of its stream is drained, and is shown nothing twice'),
    ],
  },
  {
    number: 'D25',
    says: 'goes on elsewhere while a process stands still, which writes over nothing when it wakes',
    unless: noMemory,
    prove: null,
    processProofs: [
      resume('goes on elsewhere while its process stands still, and hears nothing of that one when it wakes'),
      shared(
        'misses nothing when the process of its stream stands still, which writes over nothing when it wakes',
      ),
    ],
  },
  {
    number: 'D26',
    says: 'says with each event where to come back, after how long, and at an end that there is no need to',
    unless: {
      WebSocket: 'its client has an id of its own, and close codes say whether to come back',
      'single connection mode': 'its client has ids of its own',
      multipart: 'a part has no place for it: its client goes by the cursors',
      'HTTP callback': 'its client does not come back',
    },
    async prove(scene) {
      const app = await scene.start();
      const client = await scene.listening(app);
      await tell(client, app, 1, 2);
      const { id, retryMs } = client.place!;
      expect([typeof id, retryMs! > 0]).toEqual(['string', true]);
      const once = await scene.client(app, { query: '{ despachos { id } }', variables: {} });
      await once.connect();
      await once.untilTold('complete');
      expect(once.place!.id).toBe('complete');
      await once.connect();
      await once.untilTold(scene.way.name === 'EventSource by GET' ? '204' : 'complete');
    },
  },
];

/** Proves of the workload `mixed` of the bench where its rates come from, that it sees what is lost, and that it says so. */
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { machineUs } from '../../bench/dispatch-event.ts';
import { EveningClient } from '../../bench/load/evening/client.ts';
import { protocols } from '../../bench/load/protocols.ts';
import { createPosition, selectedPosition } from '../../bench/position-event.ts';
import { brokenPromises } from '../../bench/workloads/mixed/mixed.ts';
import { busiestEvening, eveningRates } from '../../bench/workloads/mixed/rates.ts';
import type { AmbulanceResponse } from '../../src/cli/replay/calls/ambulance-response.ts';
import { readCallLog } from '../../src/cli/replay/calls/call-log.ts';
import { createCallLog } from '../support/call-log.ts';
import { until } from '../support/until.ts';

const realLog = resolve(import.meta.dirname, '../../../shared/data/sffd-calls-2017-week1.csv');

/** One that is received at an instant, and goes through a step each ten minutes. */
function tResponse(receivedIso: string): AmbulanceResponse {
  const received = Date.parse(receivedIso);
  const after = (steps: number) => received + steps * 600_000;
  const times = {
    ...{ received, dispatch: after(1), response: after(2), onScene: after(3) },
    ...{ transport: after(4), hospital: after(5), available: after(6) },
  };
  const [response] = createCallLog({ ambulanceResponses: 1 }).responses;
  return { ...response!, times };
}

test('the rates are those of the evening with the most changes: whole evenings of San Francisco, and nothing of the day', () => {
  const noon = Array.from({ length: 9 }, () => tResponse('2017-01-02T20:00:00Z'));
  const quiet = tResponse('2017-01-03T03:00:00Z');
  const busy = Array.from({ length: 6 }, () => tResponse('2017-01-05T03:00:00Z'));
  // Six responses of six changes in six hours; each of the ambulances is away for 50 minutes of 360.
  expect(eveningRates([...noon, quiet, ...busy])).toEqual({ changesPerHour: 6, ambulances: 1 });
});

const withLog = existsSync(realLog) ? test : test.skip;
withLog('the rates of the workload are those of the log', async () => {
  const responses: AmbulanceResponse[] = [];
  for await (const row of readCallLog(createReadStream(realLog)))
    if (row.kind === 'response') responses.push(row.response);
  expect(eveningRates(responses)).toEqual(busiestEvening);
});

test('a client sees what it missed and what came twice, across connections, and goes on behind its newest cursor', async () => {
  const asked: unknown[] = [];
  const shown = [[1, 2], [4], [4, 5]];
  const server = createServer().listen(0, '127.0.0.1');
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) =>
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; id: string; payload: unknown };
      if (message.type === 'connection_init') socket.send('{"type":"connection_ack"}');
      if (message.type !== 'subscribe') return;
      asked.push((message.payload as { variables: unknown }).variables);
      for (const sequence of shown.shift()!) {
        const { locationUpdated } = selectedPosition(createPosition('7', sequence, machineUs()));
        const data = { locationUpdated: { cursor: `after-${sequence}`, ...locationUpdated } };
        socket.send(JSON.stringify({ id: message.id, type: 'next', payload: { data } }));
      }
    }),
  );
  const problems: string[] = [];
  let events = 0;
  try {
    await until('the server listens', () => server.listening);
    const client = new EveningClient(
      {
        ...{ protocol: protocols.graphql, port: (server.address() as AddressInfo).port, token: null },
        localAddress: '127.0.0.1',
        subscriptions: [{ id: 's', query: '', operationName: '', variables: { id: '7' }, topic: '' }],
        onEvent: () => (events += 1),
        onProblem: (problem) => problems.push(problem),
      },
      machineUs,
      false,
    );
    await until('both events', () => events === 2);
    client.reconnect();
    await until('the third', () => events === 3);
    client.reconnect();
    await until('the last two', () => events === 5);
    expect(asked).toEqual([{ id: '7' }, { id: '7', after: 'after-2' }, { id: '7', after: 'after-4' }]);
    expect(client.tally).toEqual({ missed: 1, doubled: 1 });
    expect(problems).toEqual([]);
  } finally {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
    server.close();
  }
});

test('what was promised and not kept is a failure, each by its name', () => {
  expect(brokenPromises({ lost: 0, gaps: 0, slowReaders: 0 })).toEqual([]);
  expect(brokenPromises({ lost: 3, gaps: 1, slowReaders: 2 })).toEqual([
    '3 events were lost.',
    '1 gaps in what came from Redis.',
    '2 clients were ended as slow readers.',
  ]);
});

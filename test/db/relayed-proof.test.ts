/** What the event log has lost of what was relayed is relayed again, from either database. */
import { describe, expect, test } from '@jest/globals';
import { Relay, type RelayRequest } from '../../src/db/relay.ts';
import { RelayedProof } from '../../src/db/relayed/relayed-proof.ts';
import type { RelayedEvent } from '../../src/db/relayed/relayed-events.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { ManualClock } from '../support/clock.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { request, tRepositories } from '../support/repositories.ts';
import { until } from '../support/until.ts';

const databases = tDatabases();

describe.each(databaseKinds)('on %s', (kind) => {
  test('what is missing is relayed again when the log is back, in its order and under its ids, and nothing else', async () => {
    const database = await databases.open(kind);
    const appended: RelayRequest[] = [];
    const asked: RelayedEvent[][] = [];
    let missing: readonly string[] = [];
    const clock = new ManualClock();
    const log = createLogger('silent');
    const proof = new RelayedProof({
      ...{ database, clock, log },
      findMissing: (events) => {
        asked.push([...events]);
        const found = events.filter(({ id }) => missing.includes(id));
        missing = [];
        return Promise.resolve(found);
      },
    });
    const relay = new Relay({
      ...{ database, proof, clock, log, metrics: createMetrics(), keptEvents: 1_000, pollMs: null },
      append: (requests) => {
        appended.push(...requests);
        return Promise.resolve(requests.map((_, at) => ({ epoch: 'e', offset: appended.length + at })));
      },
    });
    databases.cleanUp(() => relay.close());
    const { dispatches } = tRepositories(database);
    relay.start();
    for (let count = 1; count <= 4; count += 1) await dispatches.create(request, 'ana');
    const board = () => appended.filter(({ topic }) => topic === 'dispatches').map(({ event }) => event.id);
    await until('all are relayed', () => board().length === 4);
    const [, , third, fourth] = board();
    missing = [fourth!, third!];
    relay.retry();
    await until('two are relayed again', () => board().length === 6);
    expect(board().slice(4)).toEqual([third, fourth]);
    const looks = asked.length;
    expect(asked.at(-1)!.filter(({ topic }) => topic === 'dispatches')).toHaveLength(4);
    // What is there is not looked for each time.
    await dispatches.create(request, 'ana');
    await until('it is relayed', () => board().length === 7);
    expect(asked).toHaveLength(looks);
  });
});

/** What was relayed last is looked for in the event log, as either database has it. */
import { describe, expect, test } from '@jest/globals';
import { Relay, type RelayRequest } from '../../src/db/relay.ts';
import { RelayedProof } from '../../src/db/relayed/relayed-proof.ts';
import { relayedIn, type RelayedEvent } from '../../src/db/relayed/relayed-events.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { ManualClock } from '../support/clock.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { request, tRepositories } from '../support/repositories.ts';
import { until } from '../support/until.ts';

const databases = tDatabases();

describe.each(databaseKinds)('on %s', (kind) => {
  test('the newest that was relayed is looked for when the log is back, with where it stands, and nothing is relayed again', async () => {
    const database = await databases.open(kind);
    const appended: RelayRequest[] = [];
    const asked: RelayedEvent[][] = [];
    const lines: { readonly events?: number }[] = [];
    const log = createLogger('warn', {
      output: { write: (line) => void lines.push(JSON.parse(line) as object) },
    });
    let missing = 0;
    const clock = new ManualClock();
    const proof = new RelayedProof({
      ...{ relayed: relayedIn(database), clock, log },
      findMissing: (events) => {
        asked.push([...events]);
        return Promise.resolve(events.slice(0, missing));
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
    const before = asked.length;
    missing = 2;
    relay.retry();
    await until('they are looked for', () => asked.length > before);
    const sought = asked.at(-1)!.filter(({ topic }) => topic === 'dispatches');
    expect(sought.map(({ id }) => id)).toEqual(board().toReversed());
    expect(sought[0]).toMatchObject({ position: { epoch: 'e' }, at: clock.now() });
    await until('that is said', () => lines.some(({ events }) => events === 2));
    // Once more in the next turn, when all that others have appended is marked; and not each time.
    for (let count = 5; count <= 6; count += 1) {
      await dispatches.create(request, 'ana');
      await until('it is relayed', () => board().length === count);
      expect(asked).toHaveLength(before + 2);
    }
    expect(new Set(board()).size).toBe(6);
  });
});

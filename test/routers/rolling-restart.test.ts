/**
 * Restarts everything in turn, as a deployment does: two processes of this service, two of the fleet, and two replicas of each router.
 * Their clients come back with their cursors where they have to, and miss nothing. What they see is in the guide for operators of gateways.
 */
import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { createDispatch } from '../support/operations.ts';
import { gapsOf } from '../support/routers/faults/watchers.ts';
import { guide, readGuide } from '../support/routers/guide.ts';
import { hiveRouter } from '../support/routers/programs.ts';
import { kinds, tRestartScene, type Kind } from '../support/routers/restart/scene.ts';
import { cellsIn, cellsOf, withRestarts } from '../support/routers/restart/table.ts';
import { keepChanging, lookAt, watchThrough } from '../support/routers/restart/watch.ts';
import { describeThrough } from '../support/routers/tests.ts';
import { until } from '../support/until.ts';

const healMs = 120_000;

/**
 * `npm test` leaves it out: clients of a Hive Router that ends come back behind some fifty changes, which the other one joins with the fleet. Of
 * how long that takes beside all other tests the pace knows no more than how the router answers.
 */
const has = process.env['ROUTERS'] === undefined ? describe.skip : describe;

has('where routers are asked for', () => {
  describeThrough(hiveRouter, body);
});

function body(): void {
  const seen = new Map<Kind, readonly string[]>();

  test(
    'everything is restarted in turn while changes go on, and nobody misses one',
    async () => {
      const scene = await tRestartScene();
      const id = await createDispatch(scene.servers[0]!.client);
      const audiences = [
        await watchThrough('Hive Router', scene, id),
        await watchThrough('Hive Gateway', scene, id),
      ];
      const all = audiences.flat();
      const changes = keepChanging(scene.servers, id);
      const untilShown = (version: number) =>
        until(
          'all are shown it',
          () => all.every(({ events }) => events.at(-1)!.dispatch.version >= version),
          healMs,
        );
      await untilShown(2);
      for (const kind of kinds) {
        const looks = audiences.map(lookAt);
        for (const restart of scene.pairs[kind].restarts) {
          await restart();
          await untilShown(changes.version() + 1);
        }
        seen.set(
          kind,
          looks.map((look) => look()),
        );
      }
      await changes.stop();
      const last = changes.version();
      await untilShown(last);
      expect(all.flatMap((one) => gapsOf(one, last))).toEqual([]);
      expect(all.map(({ normalEnds }) => normalEnds())).toEqual(all.map(() => 0));
      expect(seen.get('this service')).toEqual(['nothing', 'nothing']);
    },
    healMs * 5,
  );

  test('what they see is what the guide says (npm run docs:routers writes it)', async () => {
    const page = await readGuide();
    if (process.env['ROUTERS'] === 'write') await writeFile(guide, await withRestarts(page, seen));
    else expect(cellsIn(page)).toEqual(cellsOf(seen));
  });
}

/**
 * Measures what clients of gateways see of what happens to their streams, and holds the guide for operators of gateways to it. `npm test`
 * does so by the way that is recommended, `npm run test:routers` by all of them; with `-t 'Hive Gateway'` by some.
 */
import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { guide, readGuide } from '../support/routers/guide.ts';
import { hiveRouter } from '../support/routers/programs.ts';
import { describeThrough } from '../support/routers/tests.ts';
import { wayEvents } from '../support/routers/ways/events.ts';
import { gateways, tWayScene } from '../support/routers/ways/scene.ts';
import { seeEvent } from '../support/routers/ways/see.ts';
import { readStreams, withStreams } from '../support/routers/ways/table.ts';

const isWhole = process.env['ROUTERS'] !== undefined;
const measured = gateways
  .filter(({ name, way }) => isWhole || (name === 'Hive Router' && way === 'HTTP callback'))
  .map((gateway) => ({ by: `${gateway.name}, ${gateway.way}`, gateway }));

describeThrough(hiveRouter, () => {
  describe.each(measured)('by $by', ({ gateway }) => {
    const seen = new Map<string, string>();

    test.each(wayEvents)(
      '$what, and no stream ends silently or loses anything',
      async (event) => {
        const told = await seeEvent((prepared) => tWayScene(gateway, prepared), event);
        seen.set(event.what, told);
        expect(told.startsWith('refused')).toBe(event.claims !== undefined);
        expect(told).not.toMatch(/silently|something lost|does not come back/);
      },
      600_000,
    );

    test('what they see is what the guide says (npm run docs:routers writes it)', async () => {
      const page = await readGuide();
      if (process.env['ROUTERS'] === 'write') await writeFile(guide, await withStreams(page, gateway, seen));
      else expect(readStreams(page, gateway)).toEqual(seen);
    });
  });
});

/** Proves all promises of delivery in one set-up, on each way, and prints what came of it. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { exceptionOf, wayNames, type DeliveryPromise, type SetUpName, type WayName } from './promise.ts';
import { deliveryPromises } from './promises.ts';
import { Scene } from './scene.ts';
import type { SetUp } from './set-ups.ts';
import { ways } from './ways/ways.ts';

type Outcome = 'kept' | 'broken';
const marks: Readonly<Record<Outcome, string>> = { kept: '✓', broken: '✗' };

/** Longer than any wait in a proof, of which there may be some. */
const timeoutMs = 180_000;

/** Those for which no process has to end. */
const provable = deliveryPromises.filter(({ prove }) => prove !== null);

/** Call it once in a file, outside of tests. */
export function testDelivery(name: SetUpName, setUp: SetUp): void {
  const outcomes = new Map<DeliveryPromise, Map<WayName, Outcome>>();
  afterAll(() => void process.stdout.write(reportOf(name, outcomes)));

  test('each way has its clients', () => {
    expect(ways.map((way) => way.name)).toEqual(wayNames);
  });

  describe.each(ways.map((way) => [way.name, way] as const))('%s', (_name, way) => {
    const given = provable.filter((promise) => exceptionOf(promise, way.name, name) === undefined);
    test.each(given.map((promise) => [promise.number, promise.says, promise] as const))(
      '%s: the service %s',
      async (_number, _says, promise) => {
        expect.hasAssertions();
        const ofPromise = outcomes.get(promise) ?? new Map<WayName, Outcome>();
        outcomes.set(promise, ofPromise.set(way.name, 'broken'));
        await promise.prove!(await Scene.of(way, setUp));
        ofPromise.set(way.name, 'kept');
      },
      timeoutMs,
    );
  });
}

function reportOf(
  name: SetUpName,
  outcomes: ReadonlyMap<DeliveryPromise, ReadonlyMap<WayName, Outcome>>,
): string {
  const lines = provable.map((promise) => {
    const cells = wayNames.map((way) => {
      const outcome = outcomes.get(promise)?.get(way);
      return outcome ? marks[outcome] : '–';
    });
    return `${promise.number.padEnd(4)} ${cells.join(' ')}  ${promise.says}`;
  });
  return `\nPromises of delivery, ${name}: ${wayNames.join(', ')}\n${lines.join('\n')}\n`;
}

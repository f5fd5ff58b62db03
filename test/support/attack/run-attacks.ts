/** Makes the attacks of a kind on a real process, as tests: one for each. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { defaultBounds, type Attack, type AttackKind, type Bounds } from './attack.ts';
import { p99 } from './honest.ts';
import { Scene, type Result } from './scene.ts';

/** Longer than a scene waits for anything. */
const timeoutMs = 300_000;

/** To be called at the top of a test file. */
export function tAttacks(kind: AttackKind): void {
  describe(kind.title, () => {
    let scene: Scene;
    const figures: string[] = [];
    beforeAll(async () => {
      scene = await Scene.open(kind);
    }, timeoutMs);
    afterAll(async () => {
      process.stderr.write(`${kind.title}:\n${figures.join('\n')}\n`);
      await scene.close();
    });

    test.each(kind.attacks.map((attack) => [attack.name, attack] as const))(
      '%s',
      async (_name, attack) => {
        let harm: readonly string[] = ['It does not come through.'];
        try {
          const result = await scene.play(attack);
          figures.push(`  ${figuresOf(result)}: ${attack.name}`);
          harm = findHarm(attack, result);
          expect([...findWrongAnswers(attack, result), ...harm]).toEqual([]);
        } finally {
          if (harm.length > 0) await scene.replaceServer();
        }
      },
      timeoutMs,
    );
  });
}

/** What it came to, in a line for whoever reads the output. */
function figuresOf({ attacked, twin, waits }: Result): string {
  const turns = `turn ${attacked.longestTurnMs.toFixed()} ms (twin ${twin.longestTurnMs.toFixed()})`;
  const p99s =
    waits && [waits.meanwhile.attacked, waits.meanwhile.twin].map((noted) => p99(noted).toFixed(1));
  const honest = p99s ? `, honest p99 ${p99s[0]} ms (twin ${p99s[1]})` : '';
  return `${turns}, peak ${attacked.peakMiB.toFixed()} MiB${honest}`;
}

function findWrongAnswers(attack: Attack, result: Result): string[] {
  const either = new Set(attack.mayAnswer);
  const answered = [...new Set(result.answered)]
    .filter((one) => !either.has(one))
    .sort()
    .join(', ');
  const expected = [...new Set(attack.answered)].sort().join(', ');
  return answered === expected ? [] : [`It answered ${answered}, not ${expected}.`];
}

/** Where the server did not keep to its bounds, a sentence each. */
function findHarm(attack: Attack, { attacked, twin, waits }: Result): string[] {
  const bounds: Bounds = { ...defaultBounds, ...attack.bounds };
  const turnMs = attacked.longestTurnMs - twin.longestTurnMs;
  const harm: string[] = [];
  if (turnMs > bounds.longestTurnMs) harm.push(`A turn took ${turnMs.toFixed()} ms.`);
  if (attacked.peakMiB > bounds.peakMiB) harm.push(`It took ${attacked.peakMiB.toFixed()} MiB.`);
  if (!waits) return harm;
  const { before, meanwhile } = waits;
  const usualMs = Math.max(p99(meanwhile.twin), p99(before.attacked));
  const waitMs = p99(meanwhile.attacked);
  // Turns are counted in time of the processor, and waiting by the wall: others have their share of the cores meanwhile.
  if (waitMs > usualMs + 1.5 * bounds.longestTurnMs)
    harm.push(`An honest viewer waited for ${waitMs.toFixed()} ms instead of ${usualMs.toFixed()} ms.`);
  return [...harm, ...meanwhile.attacked.refusals.map((refusal) => `An honest viewer was told ${refusal}`)];
}

/** Proves that the linter refuses durations that are differences of times on the wall. */
import { resolve } from 'node:path';
import { ESLint } from 'eslint';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');
const eslint = new ESLint({
  cwd: root,
  overrideConfigFile: resolve(root, 'eslint.config.js'),
  ruleFilter: ({ ruleId }) => ruleId === 'clock/no-wall-durations',
});

/** What the rule says of code that stands where a file of src/lib does. */
async function verdictsOn(code: string): Promise<string[]> {
  const text = `import { cacheTime, hasCome, msSince, type Clock, type WallTime } from './clock.ts';\n${code}\n`;
  const [result] = await eslint.lintText(text, { filePath: resolve(root, 'src/lib/burst.ts') });
  return result!.messages.map(({ messageId }) => messageId!);
}

const wrong: readonly (readonly [string, string, string])[] = [
  ['a difference', 'arithmetic', 'export const f = (clock: Clock, since: number) => clock.now() - since;'],
  ['a deadline', 'arithmetic', 'export const f = (clock: Clock, ms: number) => clock.now() + ms;'],
  ['a comparison', 'arithmetic', 'export const f = (clock: Clock, until: number) => clock.now() < until;'],
  ['what may be one', 'arithmetic', 'export const f = (at: WallTime | null, ms: number) => (at ?? 0) < ms;'],
  [
    'a variable',
    'forgotten',
    'export const f = (clock: Clock) => { const since: number = clock.now(); return since; };',
  ],
  ['a field', 'forgotten', 'export class F { at = 0; f(clock: Clock) { this.at = clock.now(); } }'],
  [
    'a parameter',
    'forgotten',
    'const g = (now: number) => now; export const f = (clock: Clock) => g(clock.now());',
  ],
  ['a cache', 'cache', 'export const f = (clock: Clock) => ({ perf: clock });'],
  ['the system', 'system', 'export const f = () => new Date();'],
];

test.each(wrong)('%s of times on the wall is refused', async (_what, verdict, code) => {
  expect(await verdictsOn(code)).toEqual([verdict]);
});

test('what is measured with the other clock, and dates that are told or compared, pass', async () => {
  const code = `
    export const age = (clock: Clock, since: number) => clock.elapsed() - since;
    export const told = (clock: Clock) => new Date(clock.now()).toISOString();
    export const fact = (clock: Clock): { readonly at: number } => ({ at: clock.now() });
    export const isOver = (clock: Clock, expiresAt: number) => hasCome(expiresAt, clock.now());
    export const ago = (clock: Clock, at: number) => msSince(at, clock.now());
    export const cache = (clock: Clock) => ({ perf: cacheTime(clock) });`;
  expect(await verdictsOn(code)).toEqual([]);
});

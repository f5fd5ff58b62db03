/** Holds the page on delivery to the promises that are proved, and these to the tests that they name. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { format, resolveConfig } from 'prettier';
import { exceptionOf, setUpNames, wayNames } from '../conformance/delivery/promise.ts';
import { deliveryPromises } from '../conformance/delivery/promises.ts';
import { exceptionsOf, legend, tableOf } from '../conformance/delivery/table.ts';

const root = resolve(import.meta.dirname, '../..');
const page = resolve(root, 'docs/delivery.md');
const begin = '<!-- promises: npm run docs:delivery -->';
const end = '<!-- end of promises -->';

/** The page with the promises as they are today. */
async function withPromises(text: string): Promise<string> {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The page has no place between ${begin} and ${end}.`);
  const parts = [begin, tableOf(deliveryPromises), `${legend}.`, exceptionsOf(deliveryPromises)];
  const changed = `${text.slice(0, from)}${parts.join('\n\n')}\n\n${text.slice(to)}`;
  return format(changed, { ...(await resolveConfig(page)), parser: 'markdown' });
}

test('the page shows the promises that are proved (npm run docs:delivery writes it)', async () => {
  const text = await readFile(page, 'utf8');
  const changed = await withPromises(text);
  if (process.env['DELIVERY'] === 'write') await writeFile(page, changed);
  else expect(text).toBe(changed);
});

test('no two promises have one number, and they are in order', () => {
  expect(deliveryPromises.map(({ number }) => number)).toEqual(deliveryPromises.map((_, at) => `D${at + 1}`));
});

test('each is proved on some way, and where it is not it says why', () => {
  for (const promise of deliveryPromises) {
    const { number, prove, unless, processProofs = [] } = promise;
    const proved = wayNames.filter((way) =>
      prove
        ? setUpNames.some((setUp) => exceptionOf(promise, way, setUp) === undefined)
        : processProofs.some((proof) => proof.way === way),
    );
    const unproved = wayNames.filter((way) => !proved.includes(way));
    expect([number, proved.length > 0]).toEqual([number, true]);
    expect([number, unproved.filter((way) => !unless[way])]).toEqual([number, []]);
  }
});

test('each test that is named exists', async () => {
  for (const { file, title } of deliveryPromises.flatMap(({ processProofs = [] }) => processProofs))
    expect(await readFile(resolve(root, file), 'utf8')).toContain(`test('${title}'`);
});

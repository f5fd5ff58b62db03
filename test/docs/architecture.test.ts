/** Proves that docs/architecture.md draws the imports that lint allows, and that its walks visit each folder once. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
type Rooms = Readonly<Record<string, readonly string[]>>;
const { rooms } = (await import(join(root, 'eslint.rooms.js'))) as { rooms: Rooms };

const section = (title: string) => page.split(/^## /m).find((text) => text.startsWith(`${title}\n`))!;

/** Folders that the drawing leaves out: almost all may import the first two, and none the last. */
const notDrawn = new Set(['lib', 'observability', 'generated', 'board']);

/** Whether arrows lead from `from` to `to`. */
function reaches(arrows: Rooms, from: string, to: string): boolean {
  return (arrows[from] ?? []).some((next) => next === to || reaches(arrows, next, to));
}

test('the drawing has each arrow that lint allows, except those that follow from others', () => {
  const drawable = Object.entries(rooms).filter(([room]) => !notDrawn.has(room));
  const arrows = Object.fromEntries(
    drawable.map(([room, allowed]) => [room, allowed.filter((other) => !notDrawn.has(other))]),
  );
  const wanted = Object.entries(arrows).flatMap(([room, allowed]) =>
    allowed
      .filter((to) => !allowed.some((between) => reaches(arrows, between, to)))
      .map((to) => `${room} --> ${to}`),
  );
  const drawn = [...section('Rooms').matchAll(/^ +(\w+ --> \w+)$/gm)].map(([, arrow]) => arrow!);
  expect(drawn.sort()).toEqual(wanted.sort());
});

test('the table of rooms says of each what lint allows', () => {
  const table = [...section('Rooms').matchAll(/^\| `(\w+)` +\| ([^|]+) \|([^|]*)\|$/gm)].map(
    ([, room, what, allowed]) => {
      expect(what!.trim()).not.toBe('');
      return [room!, [...allowed!.matchAll(/`(\w+)`/g)].map(([, name]) => name!).sort()];
    },
  );
  expect(Object.fromEntries(table)).toEqual(
    Object.fromEntries(Object.entries(rooms).map(([room, allowed]) => [room, [...allowed].sort()])),
  );
});

describe.each(['One event', 'One query'])('the walk of %s', (title) => {
  const walk = section('One event and one query, folder by folder')
    .split(`**${title}.**`)[1]!
    .split(/^\*\*/m)[0]!;
  const steps = [...walk.matchAll(/^\| `(\w+)\/` +\| (.+) \|$/gm)].map(([, folder, text]) => ({
    folder: folder!,
    links: [...text!.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, path]) => path!),
  }));

  test('visits each folder once', () => {
    const folders = steps.map(({ folder }) => folder);
    expect(folders.length).toBeGreaterThanOrEqual(5);
    expect(new Set(folders).size).toBe(folders.length);
    expect(Object.keys(rooms)).toEqual(expect.arrayContaining(folders));
  });

  test('names only files of the folder that it is in, or implementations that may replace them', () => {
    for (const { folder, links } of steps) {
      expect(links.length).toBeGreaterThan(0);
      const elsewhere = links.filter((path) => !path.startsWith(`src/${folder}/`));
      expect(elsewhere).toEqual(
        folder === 'db' && title === 'One query' ? ['src/upstreams/ms-despacho.ts'] : [],
      );
      expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    }
  });
});

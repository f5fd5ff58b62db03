/** Proves that each link of a page leads to a file that exists, and to a heading in it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pagesIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
const pages = ['.', 'docs', 'docs/decisions'].flatMap(pagesIn);

const withoutCode = (text: string) => text.replace(/^```.*?^```$/gms, '');

/** The anchors of the headings of a page. */
function anchorsOf(page: string): readonly string[] {
  return [...withoutCode(read(page)).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function problemWith(page: string, link: string): string | null {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(root, target))) return `${link}: there is no such file`;
  if (anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor))
    return `${link}: there is no such heading`;
  return null;
}

test.each(pages)('%s has only links that work', (page) => {
  const links = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)]
    .map(([, written, html]) => written ?? html!)
    .filter((link) => !/^(https?|mailto):/.test(link));
  expect(links.map((link) => problemWith(page, link)).filter((problem) => problem !== null)).toEqual([]);
});

test('there are links to check', () => {
  expect(pages.length).toBeGreaterThan(10);
  expect(read('README.md')).toMatch(/\]\(docs\/architecture\.md#/);
});

/** `npm run docs:attacks`: writes the table of attacks into the operations guide. A test says whether it is still true. */
import { writeFile } from 'node:fs/promises';
import { guide, readGuide, withTable } from './table.ts';

await writeFile(guide, await withTable(await readGuide()));

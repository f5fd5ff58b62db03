/** Reads the text of a table as spreadsheets and portals write it: with commas, semicolons or tabs, in UTF-8 or UTF-16. */
import type { Readable } from 'node:stream';

export interface TableText {
  readonly delimiter: string;
  /** The whole text, from the header on. */
  readonly text: AsyncIterable<string>;
}

const delimiters = [',', ';', '\t', '|'] as const;
/** A header is shorter, characters: what follows is not looked at to find out what separates the columns. */
const maxHeader = 65_536;

/** The text is read no faster than it is taken. */
export async function openTable(source: Readable): Promise<TableText> {
  const chunks = decode(source);
  let head = '';
  for (let isWhole = false; !isWhole && head.length < maxHeader && !/[^\r\n][\r\n]/.test(head);) {
    const { value, done } = await chunks.next();
    if (done) isWhole = true;
    else head += value;
  }
  // Some programs say in a line of its own what separates the columns.
  const said = /^sep=(.)\r?\n/.exec(head);
  if (said) head = head.slice(said[0].length);
  const text = async function* () {
    yield head;
    yield* chunks;
  };
  return { delimiter: said?.[1] ?? mostFrequent(head), text: text() };
}

async function* decode(source: Readable): AsyncGenerator<string, void> {
  let decoder: TextDecoder | undefined;
  for await (const chunk of source as AsyncIterable<Buffer | string>) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    decoder ??= new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8');
    yield decoder.decode(bytes, { stream: true });
  }
  yield decoder?.decode() ?? '';
}

/** What stands most often in the header, outside of quotes. */
function mostFrequent(head: string): string {
  const [header = ''] = head
    .replaceAll(/"[^"]*"/g, '')
    .trimStart()
    .split(/[\r\n]/, 1);
  const count = (delimiter: string) => header.split(delimiter).length;
  return delimiters.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

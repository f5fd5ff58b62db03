/** Runs this service as a subject: its program and configuration, tokens for the clients, and the dispatches that they ask for. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { issueToken } from '../../src/auth/issue-token.ts';
import { parseConfig } from '../../src/config/config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { dispatchInput, type DispatchInput } from '../dispatches.ts';
import { host, tokenEnvironment, type ServerOptions } from './options.ts';

/** The tree that this file is part of. */
export const ownRoot = resolve(import.meta.dirname, '../..');

/** The program of any tree of this project. The bench needs no other file of `src/` of another tree, because files move. */
export const mainFile = 'src/main.ts';

/** The options that `npm start` of a tree gives Node. */
export function readNodeFlags(root: string): string[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: { readonly start: string };
  };
  const words = manifest.scripts.start.split(' ');
  const [node, program] = [words.indexOf('node'), words.indexOf(mainFile)];
  if (node < 0 || program < node) throw new Error(`"npm start" of ${root} does not run node … ${mainFile}.`);
  // What is read before the program is named from the root of its tree, and servers here are started elsewhere.
  return words.slice(node + 1, program).filter((word) => !word.startsWith('--require='));
}

const hourMs = 60 * 60_000;
/** Sockets of one viewer; within the service's default limits. */
const socketsPerViewer = 10;
/** Dispatches created by one request; a request may not have more aliases. */
const createdAtOnce = 30;

/** Everything else has its default. Rate limits are off, since the other servers have none. */
export function environment({ port, redisUrl }: ServerOptions): Record<string, string> {
  return {
    HOST: host,
    PORT: String(port),
    REDIS_URL: redisUrl,
    DATA_DIR: ':memory:',
    ...tokenEnvironment,
    RATE_LIMIT_SCALE: '0',
    // The other servers do not log.
    LOG_LEVEL: 'warn',
  };
}

/** Tokens for this number of sockets. */
export function createTokens(options: ServerOptions, sockets: number): Promise<string[]> {
  const config = parseConfig(environment(options));
  const viewers = Math.ceil(sockets / socketsPerViewer);
  return Promise.all(
    Array.from({ length: viewers }, (_, index) =>
      issueToken(
        config,
        { sub: `viewer-${index}`, role: 'dispatcher' },
        { ttlMs: hourMs, clock: systemClock },
      ),
    ),
  );
}

/** Creates dispatches 1 to `count`. */
export async function seed({ port }: ServerOptions, token: string, count: number): Promise<void> {
  for (let first = 1; first <= count; first += createdAtOnce) {
    const numbers = Array.from({ length: Math.min(createdAtOnce, count - first + 1) }, (_, at) => first + at);
    const created = await create(port, token, new Map(numbers.map((n) => [`_${n}`, dispatchInput(n)])));
    for (const number of numbers)
      if (created[`_${number}`]?.id !== String(number)) throw new Error('The service had dispatches before.');
  }
}

async function create(port: number, token: string, inputs: ReadonlyMap<string, DispatchInput>) {
  const names = [...inputs.keys()];
  const query = `mutation (${names.map((name) => `$${name}: CreateDispatchInput!`).join(' ')}) {
    ${names.map((name) => `${name}: createDispatch(input: $${name}) { id }`).join(' ')}
  }`;
  const response = await fetch(`http://${host}:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables: Object.fromEntries(inputs) }),
  });
  const { data, errors } = (await response.json()) as {
    data?: Record<string, { id: string }>;
    errors?: unknown;
  };
  if (errors || !data) throw new Error(`Dispatches could not be created: ${JSON.stringify(errors)}`);
  return data;
}

/** The sum of a metric over all of its labels. */
export async function readMetric(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://${host}:${port}/metrics`)).text();
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith(name) && /^[{ ]/.test(line.slice(name.length)));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

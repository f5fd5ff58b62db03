/** Measures what it costs to compress answers over HTTP, and what it saves: lists of dispatches, asked for again and again. */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { dispatchInput } from '../dispatches.ts';
import { quantile } from '../report/quantile.ts';
import type { RowsListener } from './rows.ts';
import { openScene, type Scene } from './scene.ts';

const lengths = [50, 300] as const;
const encodings = ['identity', 'gzip', 'br'] as const;
type Encoding = (typeof encodings)[number];
/** How often all encodings are asked for in turn, each so many times. */
const rounds = 15;
const requestsPerRound = 40;
/** Created by one mutation. */
const createdAtOnce = 30;
/** What a board shows of each. */
const fields = `id estado prioridad incidente observaciones origen { latitud longitud direccion } destino { direccion }
  distanciaKm tiempoEstimadoMin fechaSolicitud fechaActualizacion version`;

interface Figures {
  readonly bytes: number;
  /** Processor time of a request, with all threads, and with a client that inflates nothing: µs, the median of the rounds. */
  readonly micros: number;
}

/** Resolves with the table, Markdown. `scale` is the share of the rounds. */
export async function runCompression(scale: number, { onStep }: RowsListener): Promise<string> {
  await using scene = await openScene({ DATA_DIR: ':memory:' });
  await createDispatches(scene, Math.max(...lengths));
  const lines = [
    '| list of | as it is | gzip | br | processor time of a request | with gzip | with br |',
    '| ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
  ];
  for (const length of lengths) {
    onStep(`a list of ${length}`);
    const { identity, gzip, br } = await measure(scene, length, Math.max(2, Math.round(rounds * scale)));
    const sizes = [identity, gzip, br].map(({ bytes }) => `${(bytes / 1_024).toFixed(1)} KB`);
    const times = [gzip, br].map(({ micros }) => `× ${(micros / identity.micros).toFixed(2)}`);
    const own = `${(identity.micros / 1_000).toFixed(1)} ms`;
    lines.push(`| ${[length, ...sizes, own, ...times].join(' | ')} |`);
  }
  return lines.join('\n');
}

async function createDispatches({ ask }: Scene, count: number): Promise<void> {
  for (let first = 1; first <= count; first += createdAtOnce) {
    const numbers = Array.from({ length: Math.min(createdAtOnce, count - first + 1) }, (_, at) => first + at);
    const names = numbers.map((number) => `_${number}`);
    await ask(
      `mutation (${names.map((name) => `$${name}: CreateDispatchInput!`).join(' ')}) {
        ${names.map((name) => `${name}: createDispatch(input: $${name}) { id }`).join(' ')}
      }`,
      Object.fromEntries(numbers.map((number) => [`_${number}`, dispatchInput(number)])),
    );
  }
}

async function measure(
  scene: Scene,
  length: number,
  roundsOfThis: number,
): Promise<Readonly<Record<Encoding, Figures>>> {
  const body = JSON.stringify({ query: `{ despachos(limit: ${length}) { ${fields} } }` });
  const bytes = new Map<Encoding, number>();
  const micros = new Map<Encoding, number[]>(encodings.map((encoding) => [encoding, []]));
  // The first round is for V8.
  for (let round = 0; round <= roundsOfThis; round += 1)
    for (const encoding of encodings) {
      const { user, system } = process.cpuUsage();
      for (let number = 0; number < requestsPerRound; number += 1)
        bytes.set(encoding, await receive(scene, body, encoding));
      const used = process.cpuUsage();
      const took = (used.user + used.system - user - system) / requestsPerRound;
      if (round > 0) micros.get(encoding)!.push(took);
    }
  const figuresOf = (encoding: Encoding): Figures => ({
    bytes: bytes.get(encoding)!,
    micros: quantile(micros.get(encoding)!, 0.5),
  });
  return { identity: figuresOf('identity'), gzip: figuresOf('gzip'), br: figuresOf('br') };
}

/** The length of the answer's body as it came. */
async function receive({ url, authorization }: Scene, body: string, encoding: Encoding): Promise<number> {
  const sent = request(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', 'accept-encoding': encoding },
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const { length } = await buffer(response);
  const isAsAsked = (response.headers['content-encoding'] ?? 'identity') === encoding;
  if (response.statusCode !== 200 || !isAsAsked)
    throw new Error(`It answered ${response.statusCode}, and not as ${encoding}.`);
  return length;
}

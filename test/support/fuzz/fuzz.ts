/** Sends requests, frames and messages made by chance to one server process, and tells what it did that it must not do. */
import { buildSubgraphSchema } from '@apollo/subgraph';
import { createRandom, hashText, pick, type Random } from '../../../src/cli/replay/random.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { within } from '../../../src/lib/deadline.ts';
import { readTypeDefs } from '../../../src/schema/schema.ts';
import { Attacker } from '../attack/attacker.ts';
import { Target } from '../attack/target.ts';
import { createDispatch, runThrough } from '../operations.ts';
import { until } from '../until.ts';
import { RequestMaker } from './documents.ts';
import { FrameMaker } from './frames.ts';
import { measureHeld } from './held.ts';
import { MessageMaker } from './http-messages.ts';
import { compare, sendFrames, sendMessage, sendRequest } from './sending.ts';
import { Verdict } from './verdict.ts';

export interface FuzzOptions {
  /** The same seed makes the same inputs. */
  readonly seed: number;
  /** How many requests, how many frames of WebSockets, and how many messages of HTTP. */
  readonly count: number;
}

export interface FuzzReport {
  readonly verdict: Verdict;
  /** Operations whose first answer and whose answer once compiled were compared. */
  readonly compared: number;
  /** What JavaScript held when a tenth was done, and at the end: bytes, without garbage. */
  readonly heldBytes: { readonly before: number; readonly after: number };
  /** Metrics of what is open, which are not zero though nobody is connected any more. */
  readonly leftOpen: readonly string[];
}

/** Requests, sockets, or connections at a time. */
const atOnce = 8;
const framesPerSocket = 12;
/** One request in so many is an operation that is compared with itself, compiled. */
const comparedShare = 10;
/** This share is for all code to have run once, before memory is measured. */
const warmUpShare = 0.1;
const millisecondsEach = 150;
/** Whoever waits for a long run is told each time that so many of a kind are done. */
const progressEvery = 10_000;
/** Not a bound: what is not answered by then never will be. */
const answerWithinMs = 30_000;

const gaugesOfOpen = [
  ...['dispatch_ws_connections', 'dispatch_event_streams', 'dispatch_callbacks', 'dispatch_subscriptions'],
  ...['dispatch_groups', 'dispatch_topics_followed', 'dispatch_outbox_bytes', 'dispatch_unread_bytes'],
];

export async function fuzz({ seed, count }: FuzzOptions): Promise<FuzzReport> {
  const target = await Target.start({
    // Rates would hide what comes behind them.
    RATE_LIMIT_SCALE: '0',
    // What is kept for a while would be taken for what is kept for ever.
    TOPIC_LINGER_MS: '0',
    PRESENCE_GRACE_MS: '0',
    EVENT_LOG_MAX_AGE_MS: '1000',
    KEEP_ALIVE_MS: '1000',
    REQUEST_TIMEOUT_MS: '1000',
  });
  const attacker = new Attacker(target.server, AbortSignal.timeout(60_000 + count * millisecondsEach));
  try {
    return await new Fuzz(target, attacker, seed).run(count);
  } finally {
    attacker.end();
    await target.kill();
  }
}

class Fuzz {
  readonly #target: Target;
  readonly #attacker: Attacker;
  readonly #seed: number;
  readonly #schema = buildSubgraphSchema([{ typeDefs: readTypeDefs() }]);
  readonly #verdict = new Verdict();
  #tokens: readonly [string, ...string[]] = [''];
  #compared = 0;

  constructor(target: Target, attacker: Attacker, seed: number) {
    this.#target = target;
    this.#attacker = attacker;
    this.#seed = seed;
  }

  async run(count: number): Promise<FuzzReport> {
    await this.#prepare();
    const warmUp = Math.ceil(count * warmUpShare);
    await this.#send(0, warmUp);
    await this.#findLeftOpen();
    const before = await this.#measureHeld();
    await this.#send(warmUp, count);
    const leftOpen = await this.#findLeftOpen();
    const after = await this.#measureHeld();
    await this.#askHonestly();
    this.#verdict.noteLog(this.#target.server.lines);
    return { verdict: this.#verdict, compared: this.#compared, heldBytes: { before, after }, leftOpen };
  }

  async #prepare(): Promise<void> {
    const { client } = this.#attacker;
    for (let made = 0; made < 6; made += 1) await createDispatch(client, { observaciones: `Nº ${made}` });
    await runThrough(client, '1');
    const roles = ['admin', 'admin', 'dispatcher', 'paramedic', null];
    const tokens = await Promise.all(roles.map((role) => client.token({ sub: `fuzz-${role}`, role })));
    this.#tokens = tokens as [string, ...string[]];
  }

  /** Inputs with these numbers, of each kind. */
  async #send(from: number, to: number): Promise<void> {
    const compared = from + Math.round((to - from) / comparedShare);
    // Before anything changes what the answers show.
    await this.#inParallel('operation', from, compared, (number) => this.#compare(number));
    await this.#inParallel('request', compared, to, (number) => this.#request(number));
    const sockets = [from, to].map((frames) => Math.ceil(frames / framesPerSocket));
    await this.#inParallel('socket', sockets[0]!, sockets[1]!, (number) => this.#socket(number));
    await this.#inParallel('message', from, to, (number) => this.#message(number));
    this.#verdict.noteLog(this.#target.server.lines);
  }

  /** Each input has its own chance: what is sent does not depend on what is answered first. */
  #makers(kind: string, number: number) {
    const random = createRandom(hashText(`${this.#seed} ${kind} ${number}`));
    return { random, requests: new RequestMaker(this.#schema, random), token: this.#tokenBy(random) };
  }

  #tokenBy(random: Random): string {
    return pick(random, this.#tokens);
  }

  async #compare(number: number): Promise<void> {
    const { requests } = this.#makers('compared', number);
    let request;
    // A cursor says when it was given.
    do request = requests.valid('query');
    while (request.query.includes('dispatchesCursor'));
    await compare(this.#attacker, this.#verdict, request, this.#tokens[0]);
    this.#compared += 1;
  }

  async #request(number: number): Promise<void> {
    const { random, requests, token } = this.#makers('request', number);
    await sendRequest(this.#attacker, this.#verdict, { request: requests.any(), token, random });
  }

  async #socket(number: number): Promise<void> {
    const { random, requests, token } = this.#makers('socket', number);
    const maker = new FrameMaker(random, requests);
    const isKnown = random() < 0.9;
    const frames = Array.from({ length: framesPerSocket }, (_, at) =>
      at === 0 && !isKnown ? maker.opening() : maker.make(),
    );
    await sendFrames(this.#attacker, this.#verdict, { frames, token: isKnown ? token : null, random });
  }

  async #message(number: number): Promise<void> {
    const { random, requests, token } = this.#makers('message', number);
    await sendMessage(this.#attacker, this.#verdict, new MessageMaker(random).make(requests.any(), token));
  }

  /** Runs each number from one up to below the other, some at a time, the next one begun when one has ended. */
  async #inParallel(
    kind: string,
    from: number,
    to: number,
    run: (number: number) => Promise<void>,
  ): Promise<void> {
    let next = from;
    const goOn = async () => {
      while (next < to) {
        const number = next++;
        await within(systemClock, answerWithinMs, `${kind} ${number} of seed ${this.#seed}`, run(number));
        if (number % progressEvery === progressEvery - 1) process.stderr.write(`  ${kind} ${number + 1}\n`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, goOn));
  }

  #measureHeld(): Promise<number> {
    return measureHeld(this.#target, this.#attacker, this.#tokens[0]);
  }

  /** Waits for nothing to be open any more, and tells what is open nevertheless. */
  async #findLeftOpen(): Promise<readonly string[]> {
    let open: readonly string[] = gaugesOfOpen;
    const look = async () => {
      const metrics = await (await fetch(`${this.#attacker.url}/metrics`)).text();
      // A gauge without a value was renamed, or never set.
      open = gaugesOfOpen.filter((name) => !new RegExp(`^${name} 0$`, 'm').test(metrics));
      return open.length === 0;
    };
    try {
      await until('nothing is open any more', look);
      return [];
    } catch {
      // Which ones is the answer.
      return open;
    }
  }

  async #askHonestly(): Promise<void> {
    const { outcome } = await this.#attacker.post({ query: '{ despachos { id } }' });
    if (outcome !== 'data') this.#verdict.offend(`answered ${outcome}`, 'an honest viewer');
  }
}

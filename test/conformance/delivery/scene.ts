/** What a promise of delivery is proved on: a service of one set-up that offers one way, and clients that come on it. */
import { randomUUID } from 'node:crypto';
import type { Overrides } from '../../../src/app.ts';
import { tApp, type RunningApp } from '../../support/app.ts';
import { adminOf, secretEnv, tokenOf } from '../../support/session-ends.ts';
import { messageBroadcast, numbersOf, say, type Message } from '../../support/unaware-client.ts';
import { eventually, WayClient } from './client.ts';
import type { SetUp } from './set-ups.ts';
import type { Asked, Connect, Way } from './ways/way.ts';
import { webSocketClient } from './ways/web-socket.ts';

/** Whose subscriptions they are, unless a proof says otherwise. */
export const viewerId = 'eva';
export const channel = 'general';
/** What shows nothing but what happens from now on: a gap in it says nothing of itself. */
export const talk = { query: messageBroadcast, variables: { channel } };

const everyEnv = {
  ...secretEnv,
  // So often clients are asked what they have.
  KEEP_ALIVE_MS: '400',
  RECEIPT_INTERVAL_MS: '50',
  CURSOR_SECRET: 'mV3nQx8TzK5rYd1LwJ7bHc9PfGs2AeUo4ZtXi6RqNhCvEyBk',
};

/** So long a client may leave pings unanswered. */
export const patient = { KEEP_ALIVE_MS: '10000' };

export type ClientAsks = Partial<Asked> & Pick<Asked, 'query' | 'variables'>;

export class Scene {
  readonly way: Pick<Way, 'name' | 'isAcknowledged' | 'receiver'>;
  readonly #setUp: SetUp;
  readonly #prefix = `${randomUUID()}:`;
  readonly #env: Readonly<Record<string, string>>;
  readonly #clientOf: () => Connect;

  private constructor(way: Way, setUp: SetUp, { env, client }: Awaited<ReturnType<Way['open']>>) {
    this.way = way;
    this.#setUp = setUp;
    this.#env = { ...everyEnv, ...env, ...setUp.env(), REDIS_PREFIX: this.#prefix };
    this.#clientOf = client;
  }

  static async of(way: Way, setUp: SetUp): Promise<Scene> {
    return new Scene(way, setUp, await way.open());
  }

  /** Starts a process; it ends with the test. */
  start(env: Readonly<Record<string, string>> = {}, overrides: Overrides = {}): Promise<RunningApp> {
    return tApp({ ...this.#env, ...env }, overrides);
  }

  /** Starts two processes of one service. */
  async startTwo(): Promise<readonly [RunningApp, RunningApp]> {
    const env = { DATABASE_URL: await this.#setUp.createDatabase() };
    return [await this.start(env), await this.start(env)];
  }

  /** A client that has not connected yet. */
  async client(app: RunningApp, asked: ClientAsks, connect = this.#clientOf()): Promise<WayClient> {
    const token = await tokenOf(viewerId, -10);
    return new WayClient(connect, { app, token, operationId: randomUUID(), ...asked });
  }

  /** A client that hears a channel, and its stream is live. */
  async listening(app: RunningApp, asked: Partial<Asked> = {}, connect?: Connect): Promise<WayClient> {
    const before = await app.metric('dispatch_subscriptions');
    const client = await this.client(app, { ...talk, ...asked }, connect);
    await client.connect();
    await live(app, before + 1);
    return client;
  }

  /** A client of another viewer on a WebSocket, whose path is good: what it was shown has come to all. */
  async witness(app: RunningApp, asked: Partial<Asked> = {}): Promise<WayClient> {
    return this.listening(app, { token: await tokenOf('witness', -10), ...asked }, webSocketClient());
  }

  /** Resolves when the service knows that its viewer has all that was sent. */
  async known(app: RunningApp): Promise<void> {
    const admin = await adminOf(app);
    await eventually('it is known', async () => {
      const { data } = await app.ask<{ liveSubscriptions: { subscriptions: Live[] } }>(
        'query ($viewerId: ID) { liveSubscriptions(userId: $viewerId) { subscriptions { sent acknowledged } } }',
        { viewerId },
        admin,
      );
      const { subscriptions = [] } = data?.liveSubscriptions ?? {};
      return subscriptions.every(({ sent, acknowledged }) => sent !== null && sent === acknowledged);
    });
  }

  /** Does what so much time does to all that is kept in Redis. */
  async age(ms: number): Promise<void> {
    await this.#setUp.age(this.#prefix, ms);
  }
}

interface Live {
  readonly sent: string | null;
  readonly acknowledged: string | null;
}

/** Resolves when so many streams are open. */
export const live = (app: RunningApp, count: number): Promise<unknown> =>
  eventually('they are live', async () => (await app.metric('dispatch_subscriptions')) === count);

/** The numbers that a client was shown. */
export const numbers = ({ shown }: Pick<WayClient, 'shown'>): number[] =>
  numbersOf(shown as unknown as readonly Message[]);

/** Resolves when a client was shown the number. */
export const shownNumber = (client: WayClient, number: number): Promise<void> =>
  client.until((shown) => numbers({ shown }).includes(number));

/** Says numbers, and waits until a client was shown the last of them. */
export async function tell(client: WayClient, app: RunningApp, first: number, last = first): Promise<void> {
  await say(app, channel, first, last);
  await shownNumber(client, last);
}

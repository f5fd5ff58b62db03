/** Owns who takes part: each contestant's program, what it speaks, and how events reach it. */
import { resolve } from 'node:path';
import { environment, nodeFlags, program } from './contestants/ours.ts';
import { serverArgs, type ServerOptions } from './contestants/options.ts';
import type { ProtocolName } from './load/protocols.ts';
import type { PublishingKind } from './publishing.ts';

export const contestantNames = ['ours', 'plain', 'raw', 'yoga', 'mercurius', 'socketio'] as const;
export type ContestantName = (typeof contestantNames)[number];

export interface Contestant {
  readonly name: ContestantName;
  readonly what: string;
  readonly protocol: ProtocolName;
  readonly publishing: PublishingKind;
  /** Whether a subscription is shown the present state before any event. */
  readonly beginsWithSnapshot: boolean;
  /** Serves WebSockets. */
  readonly program: string;
  /** Serves HTTP; null where it does not take part in that. */
  readonly httpProgram: string | null;
  readonly nodeFlags: readonly string[];
  readonly args: (options: ServerOptions) => string[];
  readonly env: (options: ServerOptions) => Record<string, string>;
}

const file = (name: string) => resolve(import.meta.dirname, 'contestants', `${name}.ts`);

/** As the others would run in production. The service refuses that with an embedded record, so it runs without. */
const production = () => ({ NODE_ENV: 'production' });

function other(
  name: ContestantName,
  what: string,
  publishing: PublishingKind,
  more: Partial<Contestant> = {},
): Contestant {
  return {
    name,
    what,
    protocol: 'graphql',
    publishing,
    beginsWithSnapshot: false,
    program: file(name),
    httpProgram: null,
    nodeFlags: [],
    args: serverArgs,
    env: production,
    ...more,
  };
}

const ours: Contestant = {
  name: 'ours',
  what: 'this service',
  protocol: 'graphql',
  publishing: 'event-log',
  beginsWithSnapshot: true,
  program,
  httpProgram: program,
  nodeFlags,
  args: () => [],
  env: environment,
};

export const contestants: Readonly<Record<ContestantName, Contestant>> = {
  ours,
  plain: other(
    'plain',
    'graphql-tools, graphql-ws and graphql-redis-subscriptions; over HTTP, Apollo Server on Express',
    'pubsub',
    {
      httpProgram: file('apollo'),
    },
  ),
  raw: other('raw', 'a bare ws server that sends ready bytes', 'ready'),
  yoga: other('yoga', 'GraphQL Yoga with graphql-ws and its Redis event target', 'pubsub', {
    httpProgram: file('yoga'),
  }),
  mercurius: other('mercurius', 'Mercurius with JIT and its Redis emitter', 'mqemitter', {
    httpProgram: file('mercurius'),
  }),
  socketio: other('socketio', 'Socket.IO with its Redis adapter', 'socketio', { protocol: 'socketio' }),
};

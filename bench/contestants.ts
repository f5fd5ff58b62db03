/** Who takes part: each contestant's program, what it speaks, and how events reach it. */
import { join, resolve } from 'node:path';
import { environment, mainFile, ownRoot, readNodeFlags } from './contestants/ours.ts';
import { serverArgs, type ServerOptions } from './contestants/options.ts';
import type { ProtocolName } from './load/protocols.ts';
import type { PublishingKind } from './publishing.ts';

export const contestantNames = ['ours', 'plain', 'raw', 'yoga', 'mercurius', 'socketio'] as const;
export type ContestantName = (typeof contestantNames)[number];

export interface Contestant {
  readonly name: ContestantName;
  /** What messages and profiles call it: its name, where one of that name takes part. */
  readonly label: string;
  readonly what: string;
  readonly protocol: ProtocolName;
  readonly publishing: PublishingKind;
  /** The file whose `publishers` bring events to it: of the tree of its program, which knows how they are stored there. */
  readonly publishingFile: string;
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

/** Where a tree says how its events are published. */
export const publishingFileOf = (root: string) => join(root, 'bench/publishing.ts');

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
    label: name,
    what,
    protocol: 'graphql',
    publishing,
    publishingFile: publishingFileOf(ownRoot),
    beginsWithSnapshot: false,
    program: file(name),
    httpProgram: null,
    nodeFlags: [],
    args: serverArgs,
    env: production,
    ...more,
  };
}

/** The service of a tree of this project, be it this one or a checkout of another commit. */
export function createService(root: string, label: string): Contestant {
  const program = join(root, mainFile);
  return {
    name: 'ours',
    label,
    what: 'this service',
    protocol: 'graphql',
    publishing: 'event-log',
    publishingFile: publishingFileOf(root),
    beginsWithSnapshot: true,
    program,
    httpProgram: program,
    nodeFlags: readNodeFlags(root),
    args: () => [],
    env: environment,
  };
}

export const contestants: Readonly<Record<ContestantName, Contestant>> = {
  ours: createService(ownRoot, 'ours'),
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

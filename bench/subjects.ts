/** Lists the servers that are measured: each one's program, its protocol, and how events reach it. */
import { join, resolve } from 'node:path';
import { bun, centrifugo, node, type Runtime } from './runtimes.ts';
import { environment, mainFile, ownRoot, readNodeFlags } from './subjects/ours.ts';
import { serverArgs, type ServerOptions } from './subjects/options.ts';
import type { ProtocolName } from './load/protocols.ts';
import type { PublishingKind } from './publishing.ts';

export const subjectNames = [
  'ours',
  'plain',
  'raw',
  'net',
  'yoga',
  'mercurius',
  'socketio',
  'bun',
  'centrifugo',
] as const;
export type SubjectName = (typeof subjectNames)[number];

export interface Subject {
  readonly name: SubjectName;
  /** Its name in messages and in the files of profiles. With `--against`, two subjects have the name `ours`, and other labels. */
  readonly label: string;
  readonly what: string;
  readonly protocol: ProtocolName;
  readonly publishing: PublishingKind;
  /** The file whose `publishers` send it events. It belongs to the same tree as the program: only that tree knows how its events are stored. */
  readonly publishingFile: string;
  /** Whether events are published through a second server of it, on the clients' core, and not by Redis: the first one only delivers. */
  readonly hasPublishingServer: boolean;
  /** Whether a subscription begins with the current state, before any event. */
  readonly beginsWithSnapshot: boolean;
  /** The program that serves WebSockets. */
  readonly program: string;
  /** The program that serves HTTP; null where HTTP is not measured. */
  readonly httpProgram: string | null;
  readonly runtime: Runtime;
  readonly nodeFlags: readonly string[];
  readonly args: (options: ServerOptions) => string[];
  readonly env: (options: ServerOptions) => Record<string, string>;
}

const file = (name: string) => resolve(import.meta.dirname, 'subjects', `${name}.ts`);

/** The file of a tree that publishes its events. */
export const publishingFileOf = (root: string) => join(root, 'bench/publishing.ts');

/** For the other servers. This service refuses to run in production with its database in memory, so it is measured without. */
const production = () => ({ NODE_ENV: 'production' });

/** What differs between two of its nodes; the file of the configuration has the rest. */
const centrifugoEnvironment = ({ port, redisUrl }: ServerOptions) => ({
  GOMAXPROCS: '1',
  CENTRIFUGO_HTTP_SERVER_PORT: String(port),
  CENTRIFUGO_ENGINE_REDIS_ADDRESS: redisUrl,
});

function other(
  name: SubjectName,
  what: string,
  publishing: PublishingKind,
  more: Partial<Subject> = {},
): Subject {
  return {
    name,
    label: name,
    what,
    protocol: 'graphql',
    publishing,
    publishingFile: publishingFileOf(ownRoot),
    hasPublishingServer: false,
    beginsWithSnapshot: false,
    program: file(name),
    httpProgram: null,
    runtime: node,
    nodeFlags: [],
    args: serverArgs,
    env: production,
    ...more,
  };
}

/** The service of a tree of this project: this one, or a checkout of another commit. */
export function createService(root: string, label: string): Subject {
  const program = join(root, mainFile);
  return {
    name: 'ours',
    label,
    what: 'this service',
    protocol: 'graphql',
    publishing: 'event-log',
    publishingFile: publishingFileOf(root),
    hasPublishingServer: false,
    beginsWithSnapshot: true,
    program,
    httpProgram: program,
    runtime: node,
    nodeFlags: readNodeFlags(root),
    args: () => [],
    env: environment,
  };
}

export const subjects: Readonly<Record<SubjectName, Subject>> = {
  ours: createService(ownRoot, 'ours'),
  plain: other(
    'plain',
    'graphql-tools, graphql-ws and graphql-redis-subscriptions; over HTTP, Apollo Server on Express',
    'pubsub',
    {
      httpProgram: file('apollo'),
    },
  ),
  raw: other('raw', 'a bare ws server that sends bytes it received ready-made', 'ready'),
  net: other('net', 'bare sockets that send bytes they received ready-made, in frames of their own', 'ready'),
  yoga: other('yoga', 'GraphQL Yoga with graphql-ws and its Redis event target', 'pubsub', {
    httpProgram: file('yoga'),
  }),
  mercurius: other('mercurius', 'Mercurius with JIT and its Redis emitter', 'mqemitter', {
    httpProgram: file('mercurius'),
  }),
  bun: other('bun', "Bun's own server and its own publish, on bytes received ready-made", 'ready', {
    ...{ protocol: 'published', runtime: bun },
  }),
  socketio: other('socketio', 'Socket.IO with its Redis adapter', 'socketio', { protocol: 'socketio' }),
  centrifugo: other(
    'centrifugo',
    'Centrifugo with its Redis engine, which recovers what clients missed',
    'centrifugo',
    {
      protocol: 'centrifugo',
      hasPublishingServer: true,
      program: resolve(import.meta.dirname, 'subjects/centrifugo.yaml'),
      runtime: centrifugo,
      args: () => [],
      env: centrifugoEnvironment,
    },
  ),
};

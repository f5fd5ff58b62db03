// Which folder of src/ may import which others. docs/architecture.md draws it; test/docs/architecture.test.ts holds them together.
import { readdirSync } from 'node:fs';

/** Free of the domain, or merely watching it: everybody may import them. */
const ground = ['lib', 'observability'];

/** Each folder of `src/` with those that it may import. All of them stand above it in this list: arrows point downwards. */
export const rooms = {
  lib: [],
  observability: ['lib'],
  process: ['lib', 'observability'],
  config: ['lib'],
  db: [...ground],
  stores: [...ground, 'db'],
  upstreams: [...ground],
  auth: [...ground, 'config', 'stores', 'upstreams'],
  realtime: [...ground, 'stores'],
  // Types that codegen makes of schema/, and the bundled board. Its imports of types are the only arrows that point upwards.
  generated: ['modules', 'schema', 'stores'],
  schema: [...ground, 'auth', 'generated', 'stores'],
  modules: [...ground, 'auth', 'db', 'generated', 'realtime', 'schema', 'stores', 'upstreams'],
  operations: [...ground, 'auth', 'realtime', 'schema', 'stores'],
  http: [...ground, 'auth', 'config', 'operations', 'schema'],
  transports: [...ground, 'auth', 'config', 'http', 'operations', 'realtime', 'schema', 'stores'],
  composition: [
    ...[...ground, 'auth', 'config', 'db', 'http', 'modules', 'operations', 'realtime', 'schema', 'stores'],
    ...['transports', 'upstreams'],
  ],
  cli: [...ground, 'auth', 'config', 'db', 'operations', 'schema', 'stores'],
  // Runs in browsers, and knows of the service what its schema says.
  board: [],
};

const foldersOf = (folder) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

const zoneOf = (target, room, allowed) => ({
  target,
  from: './src',
  except: [room, ...allowed].map((name) => `./${name}`),
  message: `${room}/ may import ${allowed.length > 0 ? allowed.map((name) => `${name}/`).join(', ') : 'nothing else of src/'}: see eslint.rooms.js.`,
});

const roomZones = Object.entries(rooms).map(([room, allowed]) =>
  // The context of an operation holds loaders of modules: types that generated code names.
  zoneOf(room === 'schema' ? './src/schema/{!(context).ts,*/**}' : `./src/${room}`, room, allowed),
);

const moduleZones = foldersOf('src/modules').map((name) => ({
  target: `./src/modules/${name}`,
  from: './src/modules',
  except: [`./${name}`, './alert-watch.ts', './changed-since.ts', './stream-place.ts'],
  message: 'A module never imports another: return an entity reference or ask a loader.',
}));

/** What transports have in common that answer by HTTP: no transport itself. */
const httpStream = 'http-stream';

const transportZones = foldersOf('src/transports').map((name) => ({
  target: `./src/transports/${name}`,
  from: `./src/transports/!(${name}|${httpStream})/**/*`,
  message:
    'A transport never imports another: what both need stands beside their folders, or in http-stream/',
}));

/** Who may import whom, for `import-x/no-restricted-paths`. A zone says: files of `target` may not import files of `from`, `except` some. */
export const importZones = [
  ...roomZones,
  zoneOf('./src/schema/context.ts', 'schema', [...rooms.schema, 'modules']),
  ...moduleZones,
  ...transportZones,
  {
    target: './packages/live/src',
    from: './src',
    message: 'The client package is published without the service.',
  },
  {
    target: './src/realtime',
    from: './src/lib/errors.ts',
    message:
      'realtime/ knows nothing of GraphQL errors: it throws its own, and operations/ makes of them what clients read.',
  },
  {
    target: './src/transports/*/**',
    from: './src/transports/transports.ts',
    message: 'The list of transports knows each of them, and none of them the list.',
  },
  {
    target: ['./src/*.ts', './src/!(composition|stores|db)/**/*'],
    from: [
      './src/stores/{redis-connections,*/redis,*/memory,*/record}.ts',
      './src/db/{postgres/postgres,sqlite/sqlite}.ts',
    ],
    message: 'Only composition/ picks implementations: import the port.',
  },
];

/** The real routers that tests run: their versions, and where their programs are. */
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface RouterProgram {
  readonly name: string;
  readonly version: string;
  /** The crate it is built from, and the features that it needs. */
  readonly crate: string;
  readonly features: readonly string[];
  readonly program: string;
  /** Names the program itself, built elsewhere; it goes before the one that was built here. */
  readonly variable: string;
}

export const apolloRouter: RouterProgram = {
  name: 'Apollo Router',
  version: '2.17.0',
  crate: 'apollo-router',
  features: [],
  program: 'router',
  variable: 'APOLLO_ROUTER_BIN',
};

export const hiveRouter: RouterProgram = {
  name: 'Hive Router',
  version: '0.3.10',
  crate: 'hive-router',
  // Without it the build looks for a front end that its crate does not contain.
  features: ['graphiql'],
  program: 'hive_router',
  variable: 'HIVE_ROUTER_BIN',
};

export const routerPrograms: readonly RouterProgram[] = [apolloRouter, hiveRouter];

const labelOf = ({ name, version }: RouterProgram) => `${name} ${version}`;

/** Outside of the tree: a build is gigabytes, and is of use to all copies of the tree. */
export function routersFolder(env: NodeJS.ProcessEnv = process.env): string {
  const cache = env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return env['ROUTERS_DIR'] || join(cache, 'dispatch-subgraph', 'routers');
}

/** Where a version is installed. Another version has another folder, so that an update of the tree builds it anew. */
export function folderOf({ crate, version }: RouterProgram, env?: NodeJS.ProcessEnv): string {
  return join(routersFolder(env), `${crate}-${version}`);
}

/** The path of the program; undefined where it is not built. A path that the environment names is taken as it is. */
export function findRouter(router: RouterProgram, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const given = env[router.variable];
  if (given) return given;
  const path = join(folderOf(router, env), 'bin', router.program);
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}

/** One line that says which routers are missing, and what to do; undefined where all are there. */
export function missingRouters(env?: NodeJS.ProcessEnv): string | undefined {
  const missing = routerPrograms.filter((router) => findRouter(router, env) === undefined).map(labelOf);
  if (missing.length === 0) return undefined;
  return `Left out: the tests through ${missing.join(' and ')}, which npm run routers:build builds.`;
}

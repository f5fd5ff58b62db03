/** The doctor's check of the rights that its user has in Redis: each command that the service sends is tried. */
import type { Redis } from 'ioredis';
import type { Findings } from './finding.ts';

/** How long the key that commands are tried on lives, should nobody be allowed to delete it, milliseconds. */
const probeMs = '10000';

/**
 * The commands, each as it can be tried: on one key, which is a text, so that commands for other kinds of keys change nothing. `key`
 * and `channel` stand for those of the doctor. What follows `|` is a subcommand.
 */
const probes: Readonly<Record<string, readonly string[]>> = {
  set: ['key', '1', 'PX', probeMs],
  info: ['server'],
  select: [],
  ping: [],
  'client|setname': ['dispatch-subgraph:doctor'],
  time: [],
  eval: ['return 1', '0'],
  evalsha: ['0'.repeat(40), '0'],
  'pubsub|numsub': ['channel'],
  get: ['key'],
  exists: ['key'],
  incrby: ['key', '1'],
  pexpire: ['key', probeMs],
  pttl: ['key'],
  hget: ['key', 'a'],
  hset: ['key', 'a', '1'],
  hdel: ['key', 'a'],
  hgetall: ['key'],
  hmget: ['key', 'a'],
  hvals: ['key'],
  hlen: ['key'],
  sadd: ['key', 'a'],
  scard: ['key'],
  smembers: ['key'],
  spop: ['key'],
  srem: ['key', 'a'],
  zadd: ['key', '1', 'a'],
  zrange: ['key', '0', '1'],
  zrangebyscore: ['key', '0', '1'],
  zrem: ['key', 'a'],
  zremrangebyscore: ['key', '0', '1'],
  zrevrange: ['key', '0', '1'],
  zscore: ['key', 'a'],
  xadd: ['key', '*', 'a', '1'],
  xdel: ['key', '0-1'],
  xrange: ['key', '-', '+'],
  publish: ['channel', 'are you there?'],
  subscribe: ['channel'],
  unsubscribe: ['channel'],
  // At last, so that nothing stays.
  del: ['key'],
  quit: [],
};

/** In a cluster channels lie on nodes, as keys do, and clients find out which. */
const clusterProbes: Readonly<Record<string, readonly string[]>> = {
  'cluster|slots': [],
  'cluster|info': [],
  'cluster|nodes': [],
  readonly: [],
  'pubsub|shardnumsub': ['channel'],
  spublish: ['channel', 'are you there?'],
  ssubscribe: ['channel'],
  sunsubscribe: ['channel'],
};

/** All that a user needs, as ACL SETUSER names them. */
export const neededCommands: readonly string[] = [...Object.keys(probes), ...Object.keys(clusterProbes)];

/** The channel on which other services say what they have changed. */
const foreignChannel = 'despacho:events';

/** Says which commands, keys and channels are refused. Returns whether `command` may be sent. */
export async function examineRights(
  client: Redis,
  { database, prefix, isCluster }: { database: number; prefix: string; isCluster: boolean },
  findings: Findings,
): Promise<(command: string) => boolean> {
  const refused: string[] = [];
  const names = { key: `${prefix}doctor:{rights}`, channel: `${prefix}doctor` };
  const wanted = isCluster ? { ...probes, ...clusterProbes } : probes;
  // What listens, and what is quit, can do nothing else.
  const other = client.duplicate();
  other.on('error', () => {});
  try {
    await other.connect();
    for (const [command, args] of Object.entries(wanted)) {
      const given = command === 'select' ? [String(database)] : args;
      const words = [...command.split('|'), ...given].map(
        (word) => names[word as keyof typeof names] ?? word,
      );
      const isOwn = /^(s?(un)?subscribe|quit)$/.test(command);
      if (await isRefused(isOwn ? other : client, words)) refused.push(`+${command}`);
      if (command === 'subscribe' && (await isRefused(other, ['subscribe', foreignChannel])))
        refused.push(`&${foreignChannel}`);
    }
  } finally {
    other.disconnect();
  }
  if (refused.length === 0) findings.ok('lets this user do all that is needed');
  else
    findings.problem(
      `does not let this user do all that is needed: ${refused.join(' ')}`,
      `Give it the rights of docs/deployment.md, with ~${prefix}* &${prefix}* for its keys and channels (ACL SETUSER).`,
    );
  return (command) => !refused.includes(`+${command}`);
}

/** Any other error is one of what the command was tried on, and not of its rights. */
async function isRefused(client: Redis, [command = '', ...args]: readonly string[]): Promise<boolean> {
  try {
    await client.call(command, ...args);
    return false;
  } catch (error) {
    return /^NOPERM/.test((error as Error).message);
  }
}

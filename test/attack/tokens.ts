/** Tokens that were made to harm, made up, or changed; and users who are not what they were. */
import type { Attack, AttackKind } from '../support/attack/attack.ts';
import type { Attacker } from '../support/attack/attacker.ts';

const board = { query: '{ despachos(limit: 1) { id } }' };
const untrusted = 'UNAUTHENTICATED';

/** Whether somebody whom MS Auth has not seen before is let in. */
async function letsIn(attacker: Attacker, roles: string[] = ['dispatcher']): Promise<string> {
  const { msAuth } = attacker.neighbours;
  const token = msAuth.login(msAuth.addUser(roles));
  const socket = await attacker.socket(token);
  return attacker.isServed(socket);
}

/** How a socket is closed whose first message has this token. */
async function connectWith(attacker: Attacker, token: unknown): Promise<string> {
  const socket = await attacker.openSocket();
  socket.send({ type: 'connection_init', payload: { token } });
  const outcome = await attacker.closing(socket);
  attacker.leave(socket);
  return outcome;
}

const strange = [
  '1|漢0',
  '1|\0',
  '1|a\u0001x',
  '1|ÿ',
  '1|\u007f',
  '1|\u2028',
  '1|\ud800',
  '1|😀',
  '1|"',
  '漢.a.b',
];

const characters: Attack = {
  name: '`connection_init` with characters that no header holds, 12 times each, then a good token',
  heldBy: 'a look at the characters before a token goes anywhere',
  answered: ['closed 4401', 'pong', 'no call of MS Auth'],
  async run(attacker) {
    const { msAuth } = attacker.neighbours;
    const before = msAuth.calls.length;
    const outcomes: string[] = [];
    for (const token of strange)
      for (let sent = 0; sent < 12; sent += 1) outcomes.push(await connectWith(attacker, token));
    if (msAuth.calls.length === before) outcomes.push('no call of MS Auth');
    return [...outcomes, await letsIn(attacker)];
  },
};

const noTokens: Attack = {
  name: '`connection_init` with what is no token: lists, objects, 60 KB, nothing',
  heldBy: 'the form of a token',
  answered: ['closed 4401'],
  async run(attacker) {
    const outcomes: string[] = [];
    for (const token of [[], {}, { toString: 'x' }, 1, true, '', ' ', 'x'.repeat(60_000), '.'.repeat(60_000)])
      outcomes.push(await connectWith(attacker, token));
    return outcomes;
  },
};

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** What can be made of a good token without the secret. */
function forgeries(good: string): string[] {
  const [head = '', body = '', signature = ''] = good.split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Readonly<Record<string, unknown>>;
  const unsigned = [
    { alg: 'none' },
    { alg: 'None', typ: 'JWT' },
    { alg: 'HS256', crit: ['b64'], b64: false },
  ];
  return [
    ...unsigned.flatMap((header) => [`${encode(header)}.${body}.`, `${encode(header)}.${body}.${signature}`]),
    ...['RS256', 'HS512', 'ES256', 'dir'].map((alg) => `${encode({ alg, typ: 'JWT' })}.${body}.${signature}`),
    ...[{ role: 'admin' }, { exp: 9e15 }, { sub: 'somebody else' }].map(
      (other) => `${head}.${encode({ ...claims, ...other })}.${signature}`,
    ),
    ...[`${head}.${body}`, `${head}..${signature}`, `${good}.${signature}`, `${head}.${body}.${body}`],
    `${encode({ alg: 'HS256', jwk: { kty: 'oct', k: 'AA' }, jku: 'http://127.0.0.1:1' })}.${body}.${signature}`,
  ];
}

const forged: Attack = {
  name: 'a token with another algorithm, other claims, no signature or its own key',
  heldBy: 'the signature, and a fixed list of algorithms',
  answered: [untrusted],
  async run(attacker) {
    const outcomes: string[] = [];
    for (const token of forgeries(await attacker.token()))
      outcomes.push((await attacker.post(board, { token })).outcome);
    return outcomes;
  },
};

const twice: Attack = {
  name: 'two Authorization headers, both good',
  heldBy: 'one header',
  answered: ['HTTP 400'],
  async run(attacker) {
    const token = await attacker.token();
    const connection = await attacker.askUnread(board, token, [`authorization: Bearer ${token}`]);
    connection.read({ bytes: 4_000, everyMs: 5 });
    await connection.until((text) => text.includes('\r\n\r\n'));
    return [`HTTP ${connection.text.slice(9, 12)}`];
  },
};

const fallen: Attack = {
  name: 'a user who was an administrator, is inactive now, and logs in again',
  heldBy: 'what MS Auth answers goes before what it answered',
  answered: ['data', untrusted],
  async run(attacker) {
    const { msAuth } = attacker.neighbours;
    const outcomes: string[] = [];
    const user = msAuth.addUser(['admin']);
    const ask = async (query: string) =>
      outcomes.push((await attacker.post({ query }, { token: msAuth.login(user) })).outcome);
    await ask('{ onlineUsers { id } }');
    user.status = 'inactive';
    await ask('{ onlineUsers { id } }');
    return outcomes;
  },
};

const emptied: Attack = {
  name: 'a user who was an administrator, has no role any more, and logs in again',
  heldBy: 'what MS Auth answers goes before what it answered',
  answered: ['data', 'FORBIDDEN'],
  async run(attacker) {
    const { msAuth } = attacker.neighbours;
    const user = msAuth.addUser(['admin']);
    const ask = async () =>
      (await attacker.post({ query: '{ onlineUsers { id } }' }, { token: msAuth.login(user) })).outcome;
    const before = await ask();
    user.roles = [];
    return [before, await ask()];
  },
};

/** More than the limit of refused tokens, whose last ones may be under way at the same time. */
const mostCalls = 60 + 40;

const madeUp: Attack = {
  name: '961 tokens that are made up, from one address',
  heldBy: '`REFUSED_TOKENS_PER_MINUTE`',
  answered: [untrusted, 'RATE_LIMITED', 'closed 1013', 'data', 'at most 100 calls of MS Auth'],
  // Nobody new is let in from this address for a while.
  cold: true,
  async run(attacker) {
    const { msAuth } = attacker.neighbours;
    const known = msAuth.login(msAuth.addUser(['dispatcher']));
    await attacker.post(board, { token: known });
    const before = msAuth.calls.length;
    const outcomes = new Set<string>();
    for (let made = 0; made < 961; made += 31) {
      const ask = async (_: unknown, at: number) =>
        outcomes.add((await attacker.post(board, { token: `${made + at}|made-up` })).outcome);
      await Promise.all(Array.from({ length: 31 }, ask));
    }
    const calls = msAuth.calls.length - before;
    outcomes.add(calls <= mostCalls ? 'at most 100 calls of MS Auth' : `${calls} calls of MS Auth`);
    // Who was known is served, and who is new comes back.
    outcomes.add((await attacker.post(board, { token: known })).outcome);
    outcomes.add(await connectWith(attacker, msAuth.login(msAuth.addUser(['dispatcher']))));
    return [...outcomes];
  },
};

export const tokens: AttackKind = {
  title: 'Tokens',
  neighbours: ['MS Auth'],
  attacks: [characters, noTokens, forged, twice, fallen, emptied, madeUp],
};

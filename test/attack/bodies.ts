/** Requests that are as large as they may be, and hold as much work as fits into them. */
import { gzipSync } from 'node:zlib';
import type { Attack, AttackKind } from '../support/attack/attack.ts';
import type { Attacker } from '../support/attack/attacker.ts';

const maxBytes = 524_288;
const query = '{ despachos(limit: 1) { id } }';
const references = `query ($refs: [_Any!]!) { _entities(representations: $refs) { __typename } }`;
const create = 'mutation ($input: CreateDispatchInput!) { createDispatch(input: $input) { id } }';

/** The JSON of a request, with as many repetitions of a text in place of `*` as fit. */
function filled(json: string, repeated: string, bytes = maxBytes): string {
  const count = Math.floor((bytes - json.length) / repeated.length);
  return json.replace('*', () => repeated.repeat(count));
}

/** Lists in each other, as deep as fits. */
function nested(json: string): string {
  const levels = Math.floor((maxBytes - json.length) / 2);
  return json.replace('*', () => `${'['.repeat(levels)}${']'.repeat(levels)}`);
}

async function often(
  times: number,
  ask: (at: number) => Promise<{ readonly outcome: string }>,
): Promise<string[]> {
  return Promise.all(Array.from({ length: times }, async (_, at) => (await ask(at)).outcome));
}

/** One such body by each way in which it can come: plain, and compressed. */
async function bothWays(attacker: Attacker, body: string): Promise<string[]> {
  const headers = { 'content-encoding': 'gzip' };
  return [(await attacker.post(body)).outcome, (await attacker.post(gzipSync(body), { headers })).outcome];
}

const one = (name: string, heldBy: string, answered: string, body: string): Attack => ({
  name,
  heldBy,
  answered: [answered],
  run: (attacker) => bothWays(attacker, body),
});

const asJson = (value: unknown) => JSON.stringify(value);

const single: readonly Attack[] = [
  one(
    'a comment as long as a body may be',
    '`MAX_BODY_BYTES`',
    'data',
    filled(asJson({ query: `${query} #*` }), 'x'),
  ),
  one(
    'a string as long as a body may be',
    '`MAX_BODY_BYTES`',
    'data',
    filled('{"query":"{ dispatch(id: \\"*\\") { id } }"}', 'x'),
  ),
  one(
    'commas as many as fit, which are no tokens',
    '`MAX_BODY_BYTES`',
    'data',
    filled(asJson({ query: '{ despachos(limit: 1) { id * } }' }), ','),
  ),
  one(
    'line breaks as many as fit',
    '5,000 lines of a text',
    'GRAPHQL_PARSE_FAILED',
    filled(asJson({ query: '{ despachos { id * } }' }), '\\n'),
  ),
  one(
    'variables with as many names as fit',
    '`MAX_BODY_BYTES`',
    'data',
    filled(`{"query":"${query}","variables":{*"a":1}}`, '"a":1,'),
  ),
  one(
    'an input object with as many fields as fit, none of which is known',
    'few errors about variables',
    'BAD_USER_INPUT',
    `{"query":${asJson(create)},"variables":{"input":{${Array.from({ length: 40_000 }, (_, at) => `"a${at}":1`).join(',')}}}}`,
  ),
  one(
    'a long text in an input object, and 50 mistakes beside it',
    'few errors about variables, and short ones',
    'BAD_USER_INPUT',
    filled(
      `{"query":${asJson(create)},"variables":{"input":{"a":"*",${Array.from({ length: 50 }, (_, at) => `"a${at}":1`).join(',')}}}}`,
      'x',
    ),
  ),
  one(
    'lists in each other as deep as fit, in a reference',
    '`MAX_BODY_BYTES`',
    'BAD_USER_INPUT',
    nested(`{"query":${asJson(references)},"variables":{"refs":[{"__typename":"Dispatch","id":*}]}}`),
  ),
  one(
    'lists in each other as deep as fit, in an input',
    '`MAX_BODY_BYTES`',
    'BAD_USER_INPUT',
    nested(`{"query":${asJson(create)},"variables":{"input":*}}`),
  ),
  one(
    'lists in each other as deep as fit, where nobody looks',
    '`MAX_BODY_BYTES`',
    'data',
    nested(`{"query":"${query}","variables":{"a":*},"extensions":{}}`),
  ),
  one(
    'as many references as fit',
    '`MAX_REFERENCES`',
    'BAD_USER_INPUT',
    filled(`{"query":${asJson(references)},"variables":{"refs":[*{}]}}`, '{},'),
  ),
  one(
    'the name of an operation as long as a body may be',
    'names of GraphQL, 128 bytes',
    'BAD_USER_INPUT',
    filled(`{"query":"${query}","operationName":"*"}`, 'a'),
  ),
  one(
    'a body that is no JSON, to its end',
    '`MAX_BODY_BYTES`',
    'BAD_REQUEST',
    filled(`{"query":"${query}","a":[*`, '[{"a":'),
  ),
];

const many: readonly Attack[] = [
  {
    name: '200 texts as long as a body may be, each another one, at once',
    heldBy: 'turns between texts, and the memory for them',
    answered: ['data'],
    run: (attacker) =>
      often(200, (at) => attacker.post(filled(asJson({ query: `query Q${at} ${query} #*` }), 'x'))),
  },
  {
    name: '400 times 5,000 references to dispatches that do not exist, at once',
    heldBy: '`COST_PER_MINUTE`, turns between results',
    answered: ['data'],
    mayAnswer: ['RATE_LIMITED'],
    run(attacker) {
      const refs = Array.from({ length: 5_000 }, (_, at) => ({
        __typename: 'Dispatch',
        id: String(100_000 + at),
      }));
      const body = gzipSync(asJson({ query: references, variables: { refs } }));
      return often(400, () => attacker.post(body, { headers: { 'content-encoding': 'gzip' } }));
    },
  },
  {
    name: '200 bodies larger than those of nobody in particular may be, without a token, at once',
    heldBy: '`MAX_ANONYMOUS_BODY_BYTES`',
    answered: ['PAYLOAD_TOO_LARGE'],
    run: (attacker) =>
      often(200, () => attacker.post(filled(asJson({ query: `${query} #*` }), 'x'), { token: null })),
  },
  {
    name: '500 texts of 64 KiB without a token, each another one, at once',
    heldBy: '`MAX_ANONYMOUS_BODY_BYTES`, `SDL_READERS`',
    answered: ['UNAUTHENTICATED'],
    run: (attacker) =>
      often(500, (at) =>
        attacker.post(filled(asJson({ query: `query Q${at} { _service { sdl } } #*` }), 'x', 65_000), {
          token: null,
        }),
      ),
  },
];

export const bodies: AttackKind = { title: 'Bodies', attacks: [...single, ...many] };

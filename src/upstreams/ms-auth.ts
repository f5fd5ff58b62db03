/** MS Auth over GraphQL: the queries it is sent, and what its answers mean. */
import { z } from 'zod';
import { oneSpelling } from '../lib/text/readable-text.ts';
import type { Logger } from '../observability/log.ts';
import { upstreamUnavailable } from './failure.ts';
import type { Upstream } from './upstream.ts';

/** A user as MS Auth describes it. */
export interface AuthProfile {
  readonly id: string;
  readonly name: string | null;
  /** Empty where MS Auth says that there are none, null where it did not say. */
  readonly roles: readonly string[] | null;
  /** Null where MS Auth did not say. */
  readonly permissions: readonly string[] | null;
  /** False for a user who was deactivated, whose tokens MS Auth still accepts. */
  readonly isActive: boolean;
}

/** The user whom an accepted token names, and as much of their profile as MS Auth could give. */
export interface AcceptedToken {
  readonly userId: string;
  /** Milliseconds since the Unix epoch; null when the token does not expire. */
  readonly expiresAt: number | null;
  readonly profile: AuthProfile | null;
}

export interface MsAuthOptions {
  readonly upstream: Upstream;
  readonly log: Logger;
}

const id = z.union([z.string().min(1), z.number().int()]).transform((given) => oneSpelling(String(given)));
const named = z.object({ name: z.string().transform(oneSpelling) });
const user = z
  .object({
    id,
    name: z.string().nullish(),
    status: z.string().nullish(),
    roles: z.array(named.extend({ permissions: z.array(named).nullish() })).nullish(),
    permissions: z.array(named).nullish(),
  })
  .transform(({ id: userId, name, status, roles, permissions }): AuthProfile => ({
    id: userId,
    name: name == null ? null : oneSpelling(name),
    roles: roles?.map((role) => role.name) ?? null,
    permissions: permissions
      ? [...permissions, ...(roles ?? []).flatMap((role) => role.permissions ?? [])].map((each) => each.name)
      : null,
    isActive: status?.trim().toLowerCase() !== 'inactive',
  }));
const validation = z.object({
  isValid: z.boolean(),
  userId: id.nullish(),
  expiresAt: z.string().nullish(),
  message: z.string().nullish(),
});
const answered = z.object({ data: z.record(z.string(), z.unknown()).nullish() });

const validate = 'validateToken(token: $token) { isValid expiresAt userId message }';
const describe = 'id name status roles { name permissions { name } } permissions { name }';
const validateAndDescribe = `query ($token: String!) { ${validate} me { ${describe} } }`;
const validateAlone = `query ($token: String!) { ${validate} }`;
const askPermissions = '{ userPermissions { name } }';
/** Users asked for in one call. */
const maxUsersPerCall = 100;

/** Rejects with UPSTREAM_UNAVAILABLE when MS Auth cannot be reached or does not answer as it should. */
export class MsAuth {
  readonly #options: MsAuthOptions;

  constructor(options: MsAuthOptions) {
    this.#options = options;
  }

  /** The user whom the token names; null when MS Auth does not accept it. One call, if MS Auth can describe the user. */
  async check(token: string): Promise<AcceptedToken | null> {
    const both = await this.#ask(validateAndDescribe, { token }, token);
    // A field that fails makes the whole answer null if its type allows no null: then the token is checked by itself.
    const answer = both?.['validateToken'] ? both : await this.#ask(validateAlone, { token });
    const verdict = this.#parse(validation, answer?.['validateToken']);
    if (!verdict.isValid) {
      // MS Auth reports its own failures as invalid tokens, too.
      if (verdict.message?.startsWith('Error')) throw this.#unusable(verdict.message);
      return null;
    }
    if (!verdict.userId) throw this.#unusable('a valid token names no user');
    const { userId } = verdict;
    const me = both?.['me'] ? user.safeParse(both['me']) : undefined;
    const profile = me?.success ? me.data : await this.#describeByPermissions(userId, token);
    return { userId, profile, expiresAt: readDate(verdict.expiresAt) };
  }

  /** The users whom MS Auth can describe, by id. One call for each hundred. */
  async users(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, AuthProfile>> {
    const found = new Map<string, AuthProfile>();
    for (let start = 0; start < ids.length; start += maxUsersPerCall) {
      const some = ids.slice(start, start + maxUsersPerCall);
      const declared = some.map((_, index) => `$id${index}: ID!`).join(', ');
      const fields = some.map((_, index) => `u${index}: user(id: $id${index}) { id name roles { name } }`);
      const variables = Object.fromEntries(some.map((each, index) => [`id${index}`, each]));
      const data = await this.#ask(`query (${declared}) { ${fields.join(' ')} }`, variables, null, signal);
      some.forEach((each, index) => {
        const { success, data: profile } = user.safeParse(data?.[`u${index}`]);
        if (success) found.set(each, profile);
      });
    }
    return found;
  }

  /** For a user whom MS Auth cannot describe. An empty list may mean that MS Auth did not recognise the token. */
  async #describeByPermissions(userId: string, token: string): Promise<AuthProfile | null> {
    try {
      const data = await this.#ask(askPermissions, {}, token);
      const { success, data: list } = z.array(named).min(1).safeParse(data?.['userPermissions']);
      if (!success) return null;
      const permissions = list.map(({ name }) => name);
      return { id: userId, name: null, roles: null, permissions, isActive: true };
    } catch (error) {
      this.#options.log.debug({ err: error }, 'the permissions of a user could not be read');
      return null;
    }
  }

  /** The data of an answer, if there is any. Fields that failed are null in it. */
  async #ask(
    query: string,
    variables: Readonly<Record<string, unknown>>,
    token: string | null = null,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>> | null> {
    const { status, body } = await this.#options.upstream.call({
      method: 'POST',
      path: '',
      body: { query, variables },
      ...(token !== null && { headers: { authorization: `Bearer ${token}` } }),
      isRead: true,
      signal,
    });
    const { success, data } = answered.safeParse(body);
    if (status >= 400 || !success) throw this.#unusable(`the answer was HTTP ${status}`);
    return data.data ?? null;
  }

  #parse<T>(type: z.ZodType<T>, value: unknown): T {
    const { success, data, error } = type.safeParse(value);
    if (success) return data;
    throw this.#unusable(error.message);
  }

  #unusable(why: string): Error {
    const { upstream } = this.#options;
    upstream.complaints.warn({ why }, 'another service sent an answer that cannot be used');
    return upstreamUnavailable(upstream.name);
  }
}

/** MS Auth writes dates without a zone, in UTC. */
function readDate(text: string | null | undefined): number | null {
  if (!text) return null;
  const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text.replace(' ', 'T')}Z`);
  return Number.isNaN(ms) ? null : ms;
}

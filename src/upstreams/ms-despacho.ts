/** MS Despacho over REST: the requests it is sent, and what its answers mean. */
import { badUserInput } from '../lib/errors.ts';
import { upstreamUnavailable } from './failure.ts';
import {
  parseRemoteDispatch,
  parseRemotePage,
  parseRemotePosition,
  readRefusal,
  type RemoteDispatch,
  type RemotePosition,
} from './ms-despacho-shapes.ts';
import type { Upstream, UpstreamAnswer, UpstreamCall } from './upstream.ts';

/** The actor of what was changed or reported directly in MS Despacho. */
export const msDespachoActor = 'ms-despacho';

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface RemoteFilter {
  readonly estado?: string | null;
  readonly prioridad?: string | null;
  /** Only those that are under way: neither `pendiente` nor ended. */
  readonly activos?: boolean;
}

export interface RemotePage {
  /** The most recently created first. */
  readonly dispatches: readonly RemoteDispatch[];
  /** The same with null in place of each row that cannot be read: as many as the page has. */
  readonly rows: readonly (RemoteDispatch | null)[];
  readonly lastPage: number;
}

export interface MsDespachoOptions {
  readonly upstream: Upstream;
  /** How long a change may take, milliseconds: MS Despacho may notify two other services before it answers. */
  readonly writeTimeoutMs: number;
}

/**
 * Each method resolves with what was asked for, or with null where there is no such dispatch.
 *
 * Rejects with BAD_USER_INPUT when MS Despacho finds the request invalid, with its `messages` by field; with
 * UPSTREAM_UNAVAILABLE for everything else, with a `reason` where MS Despacho gave one. `surelyDidNotHappen`
 * says of which changes it is known that they did not happen.
 */
export class MsDespacho {
  readonly #options: MsDespachoOptions;

  constructor(options: MsDespachoOptions) {
    this.#options = options;
  }

  /** The dispatch in full, with its track. */
  async show(id: string, options: ReadOptions = {}): Promise<RemoteDispatch | null> {
    const answer = await this.#read(`/despachos/${id}`, options);
    return answer && this.#parse('a dispatch', () => parseRemoteDispatch(answer.body));
  }

  /**
   * One page, counted from 1, without tracks. A row that cannot be read makes it fail; with `onUnreadable`, which is called
   * for such rows, they are left out instead, unless it throws.
   */
  async page(
    { estado, prioridad, activos }: RemoteFilter,
    { page, perPage }: { readonly page: number; readonly perPage: number },
    { onUnreadable, ...options }: ReadOptions & { readonly onUnreadable?: (error: unknown) => void } = {},
  ): Promise<RemotePage> {
    const query = new URLSearchParams({ per_page: String(perPage), page: String(page) });
    if (estado) query.set('estado', estado.toLowerCase());
    if (prioridad) query.set('prioridad', prioridad.toLowerCase());
    if (activos) query.set('activos', '1');
    const answer = await this.#read(`/despachos?${query}`, options);
    return this.#parse('a list of dispatches', () => {
      const { data, last_page: lastPage } = parseRemotePage(answer?.body);
      const rows = data.map((row) => {
        try {
          return parseRemoteDispatch(row);
        } catch (error) {
          if (!onUnreadable) throw error;
          onUnreadable(error);
          return null;
        }
      });
      return { dispatches: rows.filter((row) => row !== null), rows, lastPage };
    });
  }

  async create(body: Readonly<Record<string, unknown>>): Promise<RemoteDispatch> {
    const answer = await this.#write('POST', '/despachos', body);
    return this.#parse('a new dispatch', () => parseRemoteDispatch(answer?.body));
  }

  async changeStatus(id: string, estado: string): Promise<RemoteDispatch | null> {
    const answer = await this.#write('PATCH', `/despachos/${id}`, { estado: estado.toLowerCase() });
    return answer && this.#parse('a changed dispatch', () => parseRemoteDispatch(answer.body));
  }

  /** Null values are left out. */
  async report(
    id: string,
    position: Readonly<Record<string, number | null>>,
  ): Promise<RemotePosition | null> {
    const body = Object.fromEntries(Object.entries(position).filter(([, value]) => value !== null));
    const answer = await this.#write('POST', `/despachos/${id}/rastreo`, body);
    return answer && this.#parse('a position', () => parseRemotePosition(answer.body));
  }

  #read(path: string, options: ReadOptions): Promise<UpstreamAnswer | null> {
    return this.#call({ method: 'GET', path, isRead: true, ...options });
  }

  #write(method: 'POST' | 'PATCH', path: string, body: object): Promise<UpstreamAnswer | null> {
    const timeoutMs = this.#options.writeTimeoutMs;
    return this.#call({ method, path, body, isRead: false, timeoutMs });
  }

  async #call(call: UpstreamCall): Promise<UpstreamAnswer | null> {
    const { upstream } = this.#options;
    const answer = await upstream.call(call);
    const { status, body } = answer;
    if (status < 300) return answer;
    if (status === 404) return null;
    const { error, message, messages } = readRefusal(body);
    if (status === 422)
      throw badUserInput(`${upstream.name} refused: ${error ?? 'the data is not valid'}.`, {
        ...(messages && { messages }),
      });
    upstream.complaints.warn({ status, error }, 'another service refused a call');
    throw status === 503
      ? upstreamUnavailable(upstream.name, message ?? error)
      : upstreamUnavailable(upstream.name);
  }

  #parse<T>(what: string, parse: () => T): T {
    const { upstream } = this.#options;
    try {
      return parse();
    } catch (error) {
      upstream.complaints.error({ err: error }, `another service sent ${what} that cannot be read`);
      throw upstreamUnavailable(upstream.name);
    }
  }
}

/** Finds the text of an operation that is named by an id, and says whether a text may be run: any, or those of a manifest. */
import type { ParseOptions } from 'graphql';
import { LRUCache } from 'lru-cache';
import { ClientError } from '../../lib/errors.ts';
import { mebibyte } from '../../lib/memory/bytes.ts';
import type { OperationManifest } from '../../lib/operation-manifest.ts';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { asksForSdlAlone } from '../public-operations.ts';
import { readDocumentId, type Caller, type OperationRequest } from '../request.ts';
import { canonicalText } from './canonical-text.ts';
import { PersistedQueries } from './persisted-queries.ts';
import { hashText } from './text-hash.ts';
import { UntrustedLog } from './untrusted-log.ts';

export interface DocumentsOptions {
  readonly mode: 'any' | 'log' | 'trusted';
  readonly manifest: OperationManifest | null;
  readonly exemptRoles: readonly string[];
  readonly maxPersistedBytes: number;
  readonly parseOptions: ParseOptions;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** A text that is as many times longer than the longest of the manifest is none of them, however it is set. */
const maxSpreading = 4;
/** Memory for the ways in which clients set the texts of the manifest, bytes. */
const maxSettingsBytes = 4 * mebibyte;

export class Documents {
  readonly #options: DocumentsOptions;
  readonly #persisted: PersistedQueries | null;
  /** Those of the manifest: in the form that all settings of one have in common. */
  readonly #trusted = new Set<string>();
  /** As clients have sent them. */
  readonly #settings = new LRUCache<string, true>({
    maxSize: maxSettingsBytes,
    sizeCalculation: (_is, text) => 2 * text.length + 128,
  });
  readonly #maxLength: number;
  readonly #untrusted: UntrustedLog;

  constructor(options: DocumentsOptions) {
    const { manifest, mode, maxPersistedBytes, log } = options;
    this.#options = options;
    this.#persisted = maxPersistedBytes > 0 ? new PersistedQueries(maxPersistedBytes) : null;
    this.#untrusted = new UntrustedLog(log);
    let longest = 0;
    if (mode !== 'any')
      for (const [, text] of manifest?.entries ?? []) {
        longest = Math.max(longest, text.length);
        this.#trusted.add(canonicalText(text, options.parseOptions) ?? text);
      }
    this.#maxLength = maxSpreading * longest;
  }

  /**
   * The text of an operation that may be run. Takes hardly any time.
   *
   * @throws PERSISTED_QUERY_NOT_SUPPORTED, PERSISTED_QUERY_NOT_FOUND (then Apollo's clients send the text) or
   *   PERSISTED_QUERY_NOT_IN_LIST where an id is not known; QUERY_NOT_IN_SAFELIST where a text may not be run; BAD_REQUEST
   *   where a hash is another text's
   */
  textOf(request: OperationRequest, caller: Caller): string {
    const { mode, manifest } = this.#options;
    const id = readDocumentId(request);
    const listed = id === null ? undefined : manifest?.textOf(withoutAlgorithm(id));
    if (request.query === '' && listed !== undefined) return listed;
    const text = id === null ? request.query : this.#namedBy(withoutAlgorithm(id), request);
    if (mode !== 'any' && !this.#mayRun(text, caller)) this.#meet(text);
    if (id !== null && caller.viewer !== null && this.#isHashed(request)) this.#persisted?.keep(id, text);
    return text;
  }

  #namedBy(id: string, request: OperationRequest): string {
    const { query } = request;
    if (query === '') return this.#persisted?.textOf(id) ?? this.#refuseId();
    if (this.#persisted && this.#isHashed(request) && hashText(query) !== id)
      throw new ClientError('BAD_REQUEST', 'The hash of the operation is not that of its text.');
    return query;
  }

  /** Whether it comes with its text and the hash of it. Any other id of a manifest need not be a hash. */
  #isHashed({ query, documentId }: OperationRequest): boolean {
    return query !== '' && !documentId;
  }

  #refuseId(): never {
    const { manifest } = this.#options;
    if (this.#persisted) throw new ClientError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
    if (manifest)
      throw new ClientError('PERSISTED_QUERY_NOT_IN_LIST', 'The manifest has no operation with this id.');
    throw new ClientError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported');
  }

  #mayRun(text: string, { isTrusted, viewer }: Caller): boolean {
    if (isTrusted || this.#settings.get(text)) return true;
    if (viewer !== null && this.#options.exemptRoles.includes(viewer.role)) return true;
    if (asksForSdlAlone(text)) return true;
    if (text.length > this.#maxLength) return false;
    const canonical = canonicalText(text, this.#options.parseOptions);
    if (canonical === null || !this.#trusted.has(canonical)) return false;
    this.#settings.set(text, true);
    return true;
  }

  #meet(text: string): void {
    const { mode, metrics } = this.#options;
    const outcome = mode === 'log' ? 'logged' : 'refused';
    metrics.untrustedOperations.inc({ outcome });
    this.#untrusted.note(text, outcome);
    if (mode === 'trusted')
      throw new ClientError(
        'QUERY_NOT_IN_SAFELIST',
        'The operation is in no manifest that this service has.',
      );
  }
}

/** Ids of the specification may say what they are hashes by. */
const withoutAlgorithm = (id: string): string => id.replace(/^sha256:/, '');

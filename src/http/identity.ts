/** Finds out who sends a request before its body is read, since that decides how much of it is read. */
import type { FastifyRequest } from 'fastify';
import type { Authentication } from '../auth/authentication.ts';
import { readAuthorization } from '../auth/request-token.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { AddressOf } from './connections/client-address.ts';

/** `refusal` says why there is no viewer; `showsToken`: whether the request had anything to show at all. */
export type Identity =
  | { readonly viewer: Viewer }
  | { readonly viewer: null; readonly refusal: unknown; readonly showsToken: boolean };

export interface IdentitiesOptions {
  readonly authentication: Pick<Authentication, 'ofRequest'>;
  readonly addressOf: AddressOf;
}

export class Identities {
  readonly #options: IdentitiesOptions;
  readonly #known = new WeakMap<FastifyRequest, Identity>();

  constructor(options: IdentitiesOptions) {
    this.#options = options;
  }

  /**
   * To be done once, when only the headers of a request have come.
   *
   * @throws BAD_REQUEST when it has several Authorization headers
   */
  async find(request: FastifyRequest): Promise<void> {
    const { authentication, addressOf } = this.#options;
    const authorization = readAuthorization(request.raw);
    try {
      const viewer = await authentication.ofRequest(authorization, addressOf(request.raw));
      this.#known.set(request, { viewer });
    } catch (refusal) {
      this.#known.set(request, { viewer: null, refusal, showsToken: Boolean(authorization) });
    }
  }

  /** Undefined when it was not found: the request was refused before. */
  of(request: FastifyRequest): Identity | undefined {
    return this.#known.get(request);
  }
}

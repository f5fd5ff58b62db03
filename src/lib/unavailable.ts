/** The error for something outside this process that cannot be reached at the moment: trying again later may help. */

export interface UnavailableOptions {
  /** When trying again may help, milliseconds; absent where nobody can say. Clients read it. */
  readonly retryAfterMs?: number | undefined;
}

export class Unavailable extends Error {
  readonly retryAfterMs: number | undefined;

  /** `what` is what cannot be reached, such as "Presence". */
  constructor(what: string, cause: unknown, { retryAfterMs }: UnavailableOptions = {}) {
    super(`${what} cannot be reached at the moment.`, { cause });
    this.name = 'Unavailable';
    this.retryAfterMs = retryAfterMs;
  }
}

/** It was lost when it was to keep a change: nobody knows whether it has. */
export class OutcomeUnknown extends Unavailable {
  constructor(what: string, cause: unknown, options: UnavailableOptions = {}) {
    super(what, cause, options);
    this.name = 'OutcomeUnknown';
    this.message =
      `${what} was lost when it was to keep this change: nobody knows whether it has. Look first, then make it anew; ` +
      'with an idempotency key it can be sent again without looking.';
  }
}

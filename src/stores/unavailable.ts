/** Owns the error of a store whose server can't be reached. */

export class StoreUnavailable extends Error {
  /** `what` names the store, as in "Presence". */
  constructor(what: string, cause: unknown) {
    super(`${what} can't be reached at the moment.`, { cause });
    this.name = 'StoreUnavailable';
  }
}

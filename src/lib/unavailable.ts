/** Owns the error of something outside this process that can't be reached at the moment: trying again later may help. */

export class Unavailable extends Error {
  /** `what` names it, as in "Presence". */
  constructor(what: string, cause: unknown) {
    super(`${what} can't be reached at the moment.`, { cause });
    this.name = 'Unavailable';
  }
}

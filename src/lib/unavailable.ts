/** The error for something outside this process that cannot be reached at the moment: trying again later may help. */

export class Unavailable extends Error {
  /** `what` is what cannot be reached, such as "Presence". */
  constructor(what: string, cause: unknown) {
    super(`${what} cannot be reached at the moment.`, { cause });
    this.name = 'Unavailable';
  }
}

/** The error for work that belongs to a turn which somebody else has taken over meanwhile, or may have. */

export class StaleTurn extends Error {
  constructor(turn: number, cause?: unknown) {
    super(`Turn ${turn} is over, or nobody knows that it is not.`, { cause });
    this.name = 'StaleTurn';
  }
}

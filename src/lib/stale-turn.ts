/** The error for work that belongs to a turn which somebody else has taken over meanwhile. */

export class StaleTurn extends Error {
  constructor(turn: number, cause?: unknown) {
    super(`Turn ${turn} is over: another process has taken over.`, { cause });
    this.name = 'StaleTurn';
  }
}

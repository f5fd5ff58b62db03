/** The reason for which a read is aborted when whoever waits for it has left. Nobody gets its result, so it is no error of ours. */

export class CallerLeft extends Error {
  constructor() {
    super('The caller has left.');
    this.name = 'CallerLeft';
  }
}

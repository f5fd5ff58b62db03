/** Whether a client reads just now. */
export class Reading {
  #goesOn = Promise.withResolvers<void>();

  constructor() {
    this.resume();
  }

  /** Resolves at once while it reads, otherwise when it reads again. */
  get goesOn(): Promise<void> {
    return this.#goesOn.promise;
  }

  pause(): void {
    this.#goesOn = Promise.withResolvers();
  }

  resume(): void {
    this.#goesOn.resolve();
  }
}

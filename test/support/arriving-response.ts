/** A response whose body is read while it arrives. */
import type { IncomingMessage } from 'node:http';
import { Facts } from './graphql-client.ts';

export class ArrivingResponse {
  readonly response: IncomingMessage;
  /** Changed by all that comes, and by the end. */
  protected readonly facts = new Facts();
  #text = '';
  #isOver = false;

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8').on('data', (chunk: string) => {
      this.#text += chunk;
      this.facts.changed();
    });
    response.on('error', () => this.facts.changed());
    response.on('close', () => {
      this.#isOver = true;
      this.facts.changed();
    });
  }

  get text(): string {
    return this.#text;
  }

  get isOver(): boolean {
    return this.#isOver;
  }
}

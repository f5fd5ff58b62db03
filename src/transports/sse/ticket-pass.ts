/** Lets a stream be opened with a ticket, and taken up again by whoever has read its events; one is open at a time. */
import { refusal, type StreamTicket, type StreamTickets } from '../../auth/stream-tickets.ts';
import type { Place, Resumption, ResumptionRequest } from '../../realtime/resumption.ts';
import type { HeldSlot, SlotOwner } from '../../realtime/slots/held-slot.ts';
import type { SlotKeeper } from '../../realtime/slots/slot-keeper.ts';

export interface TicketPassOptions {
  readonly tickets: StreamTickets;
  readonly ticket: StreamTicket;
  /** What is asked for: the address but for its ticket. */
  readonly operation: string;
  /** The header as it came; null without one. */
  readonly lastEventId: string | null;
  readonly slots: SlotKeeper | null;
  /** Aborted when nobody waits for the stream to begin any more. */
  readonly signal: AbortSignal;
}

/** Between what proves that somebody has read an event, and its cursor. Neither has one. */
const separator = '~';

/**
 * One request with a ticket, and the stream that comes of it. By a slot all processes know which stream of the ticket is the
 * newest. Where it goes on is not the slot's concern: the header says that.
 */
export class TicketPass implements Resumption, SlotOwner {
  /** The cursor of the last event that was read; null where there was none. */
  readonly lastEventId: string | null;
  readonly #options: TicketPassOptions;
  readonly #slot: HeldSlot | undefined;
  readonly #proof: string;
  /** Whether the ticket was used, by this request or before. */
  #isUsed: boolean;
  #onReplaced: (() => void) | null = null;

  /** @throws UNAUTHENTICATED where the header is not that of an event of this ticket's stream */
  constructor(options: TicketPassOptions) {
    const { tickets, ticket, operation, lastEventId, slots, signal } = options;
    this.#options = options;
    this.#isUsed = lastEventId !== null;
    const [proof = '', cursor = ''] = lastEventId?.split(separator, 2) ?? [];
    if (this.#isUsed && !tickets.isProven(ticket, operation, proof))
      throw refusal('The ticket has opened another stream.');
    this.lastEventId = cursor === '' ? null : cursor;
    this.#proof = tickets.proofOf(ticket, operation);
    this.#slot = slots?.slotOf({ viewerId: ticket.viewerId, operationId: ticket.id, owner: this, signal });
  }

  /** The id of an event, in place of its cursor. */
  idOf(cursor: string): string {
    return `${this.#proof}${separator}${cursor}`;
  }

  /** With which an EventSource comes back that was refused for a while after its ticket was used: what it came with, if anything. */
  get place(): string | undefined {
    return this.#isUsed ? this.idOf(this.lastEventId ?? '') : undefined;
  }

  /**
   * To be called when the viewer may have what is asked for.
   *
   * @throws what `StreamTickets.use` throws
   */
  async use(): Promise<void> {
    if (!this.#isUsed) await this.#options.tickets.use(this.#options.ticket);
    this.#isUsed = true;
  }

  /** Whoever may not open the stream does not end the one that is open. */
  async find(request: ResumptionRequest): Promise<Place | null> {
    await this.use();
    return this.#slot?.find(request) ?? null;
  }

  /** The stream begins. */
  begin(onReplaced: () => void): void {
    this.#onReplaced = onReplaced;
  }

  /** The request was answered: without a stream there is nothing to hold. */
  endUnlessBegun(): void {
    if (this.#onReplaced === null) this.end();
  }

  /** The stream has ended. */
  end(): void {
    void this.#slot?.leave();
  }

  replaced(): void {
    this.#onReplaced?.();
  }

  /** Its stream is here. */
  doubted(): void {
    this.#slot!.noteHere();
  }
}

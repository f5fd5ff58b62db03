/** One operation of an event stream that many share. */
import { OperationTypeNode } from 'graphql';
import { CallerLeft } from '../../../lib/failures/caller-left.ts';
import type { OpenStream } from '../../../operations/operations.ts';
import { newAttempt, type OperationRequest } from '../../../operations/request.ts';
import type { Quota } from '../../../operations/quota.ts';
import type { Frame, Subscriber } from '../../../realtime/frame.ts';
import type { HeldSlot, SlotOwner } from '../../../realtime/slots/held-slot.ts';
import { isUniqueId } from '../../../realtime/slots/slot-key.ts';
import type { LiveStream } from '../../live.ts';
import {
  endSlot,
  runPatiently,
  sendAnswer,
  type AnsweredOperation,
  type OpeningContext,
} from '../../shared-connection.ts';
import type { StreamedResponse } from '../../http-stream/streamed-response.ts';
import { encodeAnswer, sharedEventHead } from './framing.ts';

/** An operation as it was posted, maybe to another process. */
export interface PostedOperation {
  readonly id: string;
  readonly request: OperationRequest;
  readonly address: string;
  /** As its request came with it; undefined or null where it came without. */
  readonly idempotencyKey: unknown;
  /** See `Caller`. */
  readonly isTrusted?: boolean | undefined;
  /** Of the body that it came with, inflated. */
  readonly bytes: number;
}

export interface SharedOperationOptions {
  readonly connection: StreamedResponse;
  readonly id: string;
  readonly quota: Quota;
  /** Its stream has begun: its slot is told of what has arrived. */
  readonly onStream: (slot: HeldSlot) => void;
  readonly onEnd: () => void;
}

export class SharedOperation implements Subscriber, SlotOwner, AnsweredOperation {
  readonly #options: SharedOperationOptions;
  readonly #head: string;
  readonly #opening = new AbortController();
  #stream: OpenStream | null = null;
  #slot: HeldSlot | undefined;
  #isSettled = false;

  constructor(options: SharedOperationOptions) {
    this.#options = options;
    this.#head = sharedEventHead(options.id);
  }

  get signal(): AbortSignal {
    return this.#opening.signal;
  }

  get slot(): HeldSlot | undefined {
    return this.#slot;
  }

  get live(): LiveStream | null {
    return this.#stream && { stream: this.#stream, acknowledged: this.#slot?.acknowledged ?? null };
  }

  settle(): boolean {
    const isWanted = !this.#isSettled && !this.signal.aborted;
    this.#isSettled = true;
    return isWanted;
  }

  async run(context: OpeningContext, posted: PostedOperation): Promise<void> {
    const { request, address, bytes } = posted;
    const { connection, id, quota, onStream, onEnd } = this.#options;
    const { viewer, id: requestId } = connection.session;
    const isUnique = isUniqueId(id);
    if (isUnique)
      this.#slot = context.slots?.slotOf({
        ...{ viewerId: viewer!.id, operationId: id, owner: this, signal: this.signal },
      });
    const caller = {
      ...{ viewer, requestId, address, quota, signal: this.signal, resumption: this.#slot },
      isTrusted: posted.isTrusted,
      // The request was counted by the process that it was sent to.
      attempt: { ...newAttempt(), isRequestCounted: true },
      // The stock client sends an operation again with its id when its connection broke.
      idempotencyKey: posted.idempotencyKey ?? (isUnique ? id : null),
    };
    const { found, outcome, isTurnedAway } = await runPatiently(context, request, caller, bytes);
    if (isTurnedAway) return connection.disconnect(outcome.errors[0]!.message);
    if (outcome.kind === 'stream') {
      if (!this.settle()) return outcome.stream.leave();
      this.#stream = outcome.stream;
      this.#slot?.attach(outcome.stream);
      if (this.#slot) onStream(this.#slot);
      return outcome.stream.start(this);
    }
    if (found.operation) endSlot(this.#slot, found.operation, request.variables, outcome);
    const wasChange = found.operation?.definition.operation === OperationTypeNode.MUTATION;
    const send = (text: string) => connection.outbox.pushText(text);
    await sendAnswer({ outbox: connection.outbox, send }, this, encodeAnswer(id, outcome, wasChange), onEnd);
  }

  send(frame: Frame): void {
    this.#options.connection.outbox.pushFrame(this.#head, frame);
  }

  ready(): Promise<void> | undefined {
    return this.#options.connection.outbox.ready();
  }

  disconnect(reason: string): void {
    this.#options.connection.disconnect(reason);
  }

  /** Its client came back elsewhere, and gets nothing from here any more. */
  replaced(): void {
    this.stop();
    this.#options.connection.terminate();
  }

  /** What arrives next shows that its client is here. */
  doubted(): void {
    this.#options.connection.outbox.hasNew = true;
  }

  /** Sends nothing more. Its place is kept until `letGo`. */
  stop(): void {
    this.#opening.abort(new CallerLeft());
    this.#stream?.leave();
  }

  /** `mayComeBack`: whether its place is kept for its client. */
  letGo({ mayComeBack }: { readonly mayComeBack: boolean }): void {
    if (mayComeBack) void this.#slot?.leave();
    else this.#slot?.delete();
  }
}

/** An event stream that many operations share: each comes with a request of its own, to this or another process. */
import type { ServerResponse } from 'node:http';
import type { Viewer } from '../../../auth/viewer.ts';
import type { Quota } from '../../../operations/quota.ts';
import type { TransportContext } from '../../transport.ts';
import { StreamedResponse } from '../../http-stream/streamed-response.ts';
import { beginningSoon } from '../framing.ts';
import { Arrivals } from './arrivals.ts';
import { refusalEvents, sharedProtocol } from './framing.ts';
import { SharedOperation, type PostedOperation } from './operation.ts';

/** `taken`: another operation has its id. `full`: it may have no more operations. `missing`: the stream is closed. */
export type Acceptance = 'accepted' | 'taken' | 'full' | 'missing';

export interface SharedStreamOptions {
  readonly response: ServerResponse;
  readonly viewer: Viewer;
  readonly onClosed: () => void;
}

export class SharedStream {
  readonly viewer: Viewer;
  readonly #context: TransportContext;
  readonly #connection: StreamedResponse;
  readonly #operations = new Map<string, SharedOperation>();
  readonly #maxOperations: number;
  readonly #quota: Quota;
  readonly #arrivals: Arrivals;
  #isClosed = false;

  /** @throws what `Sessions.open` throws */
  constructor(context: TransportContext, { response, viewer, onClosed }: SharedStreamOptions) {
    const { tracker, stalled, metrics } = context;
    this.viewer = viewer;
    this.#context = context;
    this.#maxOperations = tracker.maxSubscriptionsOnOne;
    this.#quota = tracker.subscriptionsOnOneOf(viewer, 'An event stream');
    this.#connection = new StreamedResponse(context, {
      ...{ response, viewer, protocol: sharedProtocol },
      farewell: () => null,
      ending: (error) => [...this.#operations.keys()].flatMap((id) => refusalEvents(id, [error])).join(''),
      streams: () => [...this.#operations.values()].flatMap(({ live }) => live ?? []),
      onStop: () => this.#stop(),
      onClosed: () => {
        this.#letGo();
        onClosed();
      },
      onTick: () => void this.#arrivals.look(),
    });
    const onArrived = () => metrics.acknowledgements.inc();
    const { outbox } = this.#connection;
    this.#arrivals = new Arrivals({ outbox, response, stalled, onArrived });
  }

  /** The head of the response was written before. */
  start(id: string): void {
    this.#connection.start(beginningSoon(id));
  }

  accept(posted: PostedOperation): Acceptance {
    const { id } = posted;
    // Others hear of that a little later, and nobody would end what began now.
    if (this.#isClosed) return 'missing';
    if (this.#operations.has(id)) return 'taken';
    if (this.#operations.size >= this.#maxOperations) return 'full';
    const operation = new SharedOperation({
      ...{ connection: this.#connection, id, quota: this.#quota },
      onStream: (slot) => this.#arrivals.add(slot),
      onEnd: () => this.#operations.delete(id),
    });
    this.#operations.set(id, operation);
    this.#connection.session.noteActivity();
    operation.run(this.#context, posted).catch((error: unknown) => {
      this.#context.log.error({ err: error }, 'an operation of an event stream failed');
      this.#connection.disconnect('An operation failed; subscribe again.');
    });
    return 'accepted';
  }

  /** Ends an operation whose client wants no more of it. Of one that has ended nothing is left to do. */
  end(operationId: string): void {
    const operation = this.#operations.get(operationId);
    if (!operation) return;
    this.#operations.delete(operationId);
    if (operation.slot) this.#arrivals.delete(operation.slot);
    operation.stop();
    operation.letGo({ mayComeBack: false });
  }

  /** It was refused before an answer began. */
  abandon(): void {
    this.#connection.abandon();
  }

  /** Its client has opened another one in its place. */
  terminate(): void {
    this.#connection.terminate();
  }

  #stop(): void {
    // What is left is written, and looked for when the connection ends in order.
    this.#arrivals.ask();
    for (const operation of this.#operations.values()) operation.stop();
  }

  #letGo(): void {
    this.#isClosed = true;
    if (this.#connection.hasEndedInOrder) this.#arrivals.confirm();
    const mayComeBack = !this.#connection.isRevoked;
    for (const operation of this.#operations.values()) operation.letGo({ mayComeBack });
    this.#operations.clear();
  }
}

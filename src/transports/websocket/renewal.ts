/** Puts a newer token of the same viewer in the place of the one that a socket rests on: nothing reconnects. */
import { MessageType, parseMessage } from 'graphql-ws';
import type { RenewableSession } from '../../auth/renewal.ts';
import { findTokenParam, maxTokenChars } from '../../auth/request-token.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { CallerLeft } from '../../lib/failures/caller-left.ts';
import { ClientError } from '../../lib/errors.ts';
import { createSemaphore, type Semaphore } from '../../lib/turns/semaphore.ts';
import type { TransportContext } from '../transport.ts';
import type { Connection } from './connection.ts';
import { operationsIn, type SocketOperation } from './socket-operation.ts';

export interface RenewalContext extends Pick<TransportContext, 'operations'> {
  readonly renewals: Renewals;
}

type RenewalsContext = Pick<TransportContext, 'authentication' | 'operations' | 'metrics'>;

/** How a client asks for it. */
type RenewedBy = 'mutation' | 'ping';

export class Renewals {
  readonly #context: RenewalsContext;
  /** Tokens of one socket are looked at one after the other: the one that came last counts. */
  readonly #turns = new WeakMap<Connection, Semaphore>();

  constructor(context: RenewalsContext) {
    this.#context = context;
  }

  of(connection: Connection, by: RenewedBy): RenewableSession {
    return new RenewableConnection(this, connection, by);
  }

  /** Rejects with what the client is told. */
  renew(connection: Connection, by: RenewedBy, token: string): Promise<Viewer> {
    const renewing = this.#turnOf(connection)(() => this.#renew(connection, token));
    return this.#counted(by, renewing);
  }

  async #counted(by: RenewedBy, renewing: Promise<Viewer>): Promise<Viewer> {
    const { sessionRenewals } = this.#context.metrics;
    try {
      const viewer = await renewing;
      sessionRenewals.inc({ by, result: 'renewed' });
      return viewer;
    } catch (error) {
      sessionRenewals.inc({ by, result: resultOf(error) });
      throw error;
    }
  }

  #turnOf(connection: Connection): Semaphore {
    const turn = this.#turns.get(connection) ?? createSemaphore(1);
    this.#turns.set(connection, turn);
    return turn;
  }

  async #renew(connection: Connection, token: string): Promise<Viewer> {
    const { authentication } = this.#context;
    const viewer = await authentication.ofConnection({ token }, undefined, connection.address);
    if (!connection.isOpen) throw new CallerLeft();
    if (viewer.id !== connection.session.viewer!.id) throw otherViewer();
    connection.session.renew(viewer);
    // In the same turn: nothing is shown in between that only the token before allows.
    for (const [id, operation] of operationsIn(connection.protocol))
      this.#review(connection, id, operation, viewer);
    return viewer;
  }

  #review(connection: Connection, id: string, operation: SocketOperation, viewer: Viewer): void {
    // Before it has begun it is judged by the token of the moment at which it does.
    if (!operation.stream) return;
    const requestId = connection.session.id;
    const errors = this.#context.operations.review(operation.stream, { viewer, requestId });
    if (!errors) return;
    delete connection.protocol!.subscriptions[id];
    operation.return();
    connection.send(JSON.stringify({ id, type: MessageType.Error, payload: errors }));
  }
}

/** Each operation has one, and hardly any makes use of it. */
class RenewableConnection implements RenewableSession {
  readonly #renewals: Renewals;
  readonly #connection: Connection;
  readonly #by: RenewedBy;

  constructor(renewals: Renewals, connection: Connection, by: RenewedBy) {
    this.#renewals = renewals;
    this.#connection = connection;
    this.#by = by;
  }

  renew(token: string): Promise<Viewer> {
    return this.#renewals.renew(this.#connection, this.#by, token);
  }
}

function resultOf(error: unknown): 'refused' | 'left' | 'failed' {
  if (error instanceof CallerLeft) return 'left';
  return error instanceof ClientError ? 'refused' : 'failed';
}

const otherViewer = () =>
  new ClientError(
    'FORBIDDEN',
    'The token is of another viewer: close the connection, and open one with it.',
    {
      reason: 'OTHER_VIEWER',
    },
  );

/** What such a ping stands for: so it passes the same gates, and its pong has the same answer. */
const query = 'mutation RenewSession($token: String!) { renewSession(token: $token) { expiresAt } }';

/** Longer than any ping with a token. */
const maxPingLength = maxTokenChars + 1_024;

/** Renews by the `ping` message, for clients whose mutations do not go over the socket. Undefined for a message that is something else. */
export function answerRenewingPing(
  context: RenewalContext,
  connection: Connection,
  text: string,
): Promise<void> | undefined {
  if (!connection.protocol?.acknowledged) return undefined;
  const token = readToken(text);
  return token === undefined ? undefined : renew(context, connection, token);
}

async function renew(
  { operations, renewals }: RenewalContext,
  connection: Connection,
  token: unknown,
): Promise<void> {
  // A renewal that was begun is carried out, whoever waits for it.
  const caller = {
    ...connection.callerOf(new AbortController().signal),
    session: renewals.of(connection, 'ping'),
    isTrusted: true,
  };
  const found = await operations.find({ query }, caller);
  const outcome = await operations.run(found, { token }, caller);
  if (outcome.kind === 'stream') throw new Error('A mutation is no stream.');
  const payload = outcome.kind === 'result' ? outcome.result : { errors: outcome.errors };
  connection.send(JSON.stringify({ type: MessageType.Pong, payload }));
}

/** What stands in the place of the token in a ping; undefined where nothing does, or the message is no ping. */
function readToken(text: string): unknown {
  if (text.length > maxPingLength || !text.includes('"ping"')) return undefined;
  try {
    const message = parseMessage(text);
    return message.type === MessageType.Ping ? findTokenParam(message.payload ?? {}) : undefined;
  } catch {
    // graphql-ws finds the same error, and closes the socket.
    return undefined;
  }
}

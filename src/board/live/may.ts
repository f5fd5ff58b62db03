/** What the viewer may do, as far as their token says so, so that nothing is offered which would be refused. The service decides. */
import type { Dispatch } from '../data/dispatch.ts';

export interface May {
  assign(): boolean;
  acknowledge(): boolean;
  move(dispatch: Dispatch): boolean;
  send(): boolean;
}

interface Claims {
  readonly role?: unknown;
  readonly permissions?: unknown;
  readonly ambulanciaId?: unknown;
}

/** The roles that may change dispatches where a token has no permissions of its own. */
const rolesThatUpdate = ['admin', 'dispatcher', 'paramedic', 'system'];

/** Whoever shows a token that cannot be read, as those of MS Auth, is offered everything. */
export function readMay(token: string | null): May {
  const claims = token === null ? {} : readClaims(token);
  const role = typeof claims?.role === 'string' ? claims.role.trim().toLowerCase() : '';
  const own = Array.isArray(claims?.permissions) ? (claims.permissions as readonly unknown[]) : null;
  const isCrew = role === 'paramedic';
  const updates = !claims || (own ? own.includes('update-dispatch') : rolesThatUpdate.includes(role));
  const namesMessages = own?.some((name) => name === 'send-messages' || name === 'view-messages') ?? false;
  const sends = !claims || (namesMessages ? own!.includes('send-messages') : own !== null || role !== '');
  return {
    assign: () => updates && !isCrew,
    acknowledge: () => updates && !isCrew,
    move: ({ ambulancia }) => updates && (!isCrew || ambulancia?.id === claims?.ambulanciaId),
    send: () => sends,
  };
}

/** Null for a token that is no JWT. */
function readClaims(token: string): Claims | null {
  const [, payload] = token.split('.');
  if (payload === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    );
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === 'object' ? claims : null;
  } catch {
    // It looks like a JWT and is none: the service says what it is.
    return null;
  }
}

/** The metrics of sessions: of those that an admin has ended, and of tokens that were renewed in place. */
import { Counter, type Registry } from 'prom-client';

const ways = ['mutation', 'ping'] as const;
const results = ['renewed', 'refused', 'left', 'failed'] as const;

export function createSessionMetrics(registers: Registry[]) {
  const sessionRenewals = new Counter({
    name: 'dispatch_session_renewals_total',
    help: 'Newer tokens that WebSockets were to go on with, by how their clients asked for it (mutation or ping), and by result: renewed, refused, left (its client) or failed.',
    labelNames: ['by', 'result'],
    registers,
  });
  // Prometheus does not see the first increment of a series.
  for (const by of ways) for (const result of results) sessionRenewals.inc({ by, result }, 0);
  return {
    sessionRenewals,
    sessionsEnded: new Counter({
      name: 'dispatch_sessions_ended_total',
      help: 'Connections, event streams and callbacks that were ended here because an admin has ended the sessions of their user.',
      registers,
    }),
  };
}

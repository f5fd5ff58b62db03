/** One step of a process's presence: what it tells Redis, what Redis answers, and the call of the script. */
import type { RedisClient } from '../redis-client.ts';
import { createScript } from '../redis-connections.ts';
import type { PresenceMember, PresenceUpdates } from './local-presence.ts';
import { stepScript } from './script.ts';

/** What a process tells Redis in a step. */
export interface PresenceStep extends PresenceUpdates {
  readonly processId: string;
  /** See `RedisConnections.serverTime`. */
  readonly now: number | null;
  readonly graceMs: number;
  readonly leaseMs: number;
  /** The keys expire when no process has taken a step for this long, milliseconds. */
  readonly keepMs: number;
  /** Number of the last report that was handled: Redis drops it and those before it. */
  readonly handled: number;
  /** The epoch that the process knows, empty when it knows none. When Redis has another one, the step does nothing. */
  readonly epoch: string;
  /** The id of the epoch, should a new one begin. */
  readonly freshEpoch: string;
  /** Another process whose lease has ended, to clean up after. */
  readonly deadProcessId: string | null;
  /** Whether the answer is to list the connections of this process that Redis knows. */
  readonly wantsMembers: boolean;
  /** Whether the process is ending: it gives up its lease. */
  readonly isLeaving: boolean;
}

/** A viewer came online or went offline, and this process alone has to tell its listener. */
export interface PresenceReport {
  readonly number: number;
  readonly kind: 'online' | 'offline';
  readonly viewerId: string;
  readonly at: number;
  readonly lastSeen: number;
}

export interface PresenceAnswer {
  readonly epoch: string;
  /** False when Redis has another epoch, so that nothing was done. */
  readonly isDone: boolean;
  /** How many connections of this process Redis knows. */
  readonly connections: number;
  readonly reports: readonly PresenceReport[];
  /** Another process whose lease has ended, if there is one. */
  readonly deadProcessId: string | null;
  /** Milliseconds until the next lease of another process ends; null when there is no other process. */
  readonly nextLeaseEndMs: number | null;
  /** Whether more grace periods have ended than one step reports. */
  readonly hasMore: boolean;
  readonly members: readonly PresenceMember[];
}

const runStep = createScript(stepScript);

/** Takes one step. Rejects as a command of the client does. */
export async function takePresenceStep(
  client: RedisClient,
  keys: readonly string[],
  step: PresenceStep,
): Promise<PresenceAnswer> {
  const reply = await runStep(client, keys, [JSON.stringify(step)]);
  const [epoch, isDone, connections, hasMore, deadProcessId, nextLeaseEndMs, reports, members] = reply as [
    string,
    number,
    number,
    number,
    string,
    number,
    string[],
    string[],
  ];
  return {
    epoch,
    isDone: isDone === 1,
    connections,
    hasMore: hasMore === 1,
    deadProcessId: deadProcessId || null,
    nextLeaseEndMs: nextLeaseEndMs < 0 ? null : nextLeaseEndMs,
    reports: reports.map(parseReport),
    members: members.map(parseMember),
  };
}

/** Reads a report as the script writes it: `number [kind, viewer, at, last seen]`. */
function parseReport(text: string): PresenceReport {
  const space = text.indexOf(' ');
  const [kind, viewerId, at, lastSeen] = JSON.parse(text.slice(space)) as [
    PresenceReport['kind'],
    string,
    number,
    number,
  ];
  return { number: Number(text.slice(0, space)), kind, viewerId, at, lastSeen };
}

function parseMember(json: string): PresenceMember {
  const [connectionId, viewerId] = JSON.parse(json) as [string, string];
  return { connectionId, viewerId };
}

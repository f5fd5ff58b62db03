/** Proves that a receipt without an acknowledgement is found, and one that is missing without a reason. */
import { expect, test } from '@jest/globals';
import type { Reason } from './explanations.ts';
import type { FaultKind } from './fault-kinds.ts';
import { FaultLog } from './fault-log.ts';
import { compare, type Witness } from './receipts.ts';
import { Sightings } from './sightings.ts';

interface Case {
  readonly wasShown: boolean;
  readonly hasAcknowledged: boolean;
  readonly hasReceipt: boolean;
  readonly isKilled?: boolean;
  readonly stays?: boolean;
}

function findings({ wasShown, hasAcknowledged, hasReceipt, isKilled = false, stays = true }: Case) {
  const sightings = new Sightings();
  sightings.connected();
  if (wasShown) sightings.note({ id: '7', version: 2, isSnapshot: false });
  if (hasAcknowledged) sightings.acknowledge();
  const faults = new FaultLog<FaultKind>();
  if (isKilled) faults.begin('server killed')();
  const client = { name: 'ana', sightings, path: null, acknowledges: true, ends: new Map<number, never>() };
  const witness: Witness = { client, faults, stays };
  const found = { complaints: [] as string[], missing: new Map<Reason, number>() };
  const date = new Date().toISOString();
  const receipt = hasReceipt ? { snapshot: false, sentAt: date, acknowledgedAt: date } : undefined;
  compare(witness, { id: '7', version: 2 }, receipt, found);
  return [found.complaints.join(), [...found.missing.values()].join()];
}

const shown = { wasShown: true, hasAcknowledged: true } as const;

test.each<[string, Case, RegExp, string]>([
  ['acknowledged, with a receipt', { ...shown, hasReceipt: true }, /^$/, ''],
  ['neither shown nor receipted', { ...shown, wasShown: false, hasReceipt: false }, /^$/, ''],
  ['shown and not acknowledged', { ...shown, hasAcknowledged: false, hasReceipt: true }, /has not ack/, ''],
  ['not shown, with a receipt', { ...shown, wasShown: false, hasReceipt: true }, /has not acknowledged/, ''],
  ['acknowledged, without one', { ...shown, hasReceipt: false }, /no receipt of ana/, ''],
  ['without one, since a process was killed', { ...shown, hasReceipt: false, isKilled: true }, /^$/, '1'],
  ['without one, of a client that left', { ...shown, hasReceipt: false, stays: false }, /^$/, ''],
])('%s', (_, one, complaint, missing) => {
  const [complaints, explained] = findings(one);
  expect(complaints).toMatch(complaint);
  expect(explained).toBe(missing);
});

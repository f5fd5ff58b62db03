/** Compares the receipts of a run with what its clients have acknowledged. */
import { hashText, createRandom } from '../../src/cli/replay/random.ts';
import { receiptsOf, type Receipt } from '../support/receipts.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { whyNoReceipt, type Explained, type Reason } from './explanations.ts';
import type { Sightings } from './sightings.ts';

/** Faults are told that were so near, milliseconds. */
const nearMs = 10_000;
/** Receipts are written every five seconds. */
const writtenMs = 30_000;

export interface Witness extends Explained {
  readonly client: Explained['client'] & { readonly name: string; readonly sightings: Sightings };
  /** Whether it stays until it has acknowledged all that it was shown; otherwise its last receipts may be missing. */
  readonly stays: boolean;
}

export interface ReceiptReview {
  readonly receipts: number;
  readonly versions: number;
  /** So often it was judged whether a client has one that must, may or may not have it. */
  readonly judged: number;
  /** Acknowledged, and without a receipt, by why that may be. */
  readonly missing: ReadonlyMap<Reason, number>;
  readonly complaints: readonly string[];
}

interface Version {
  readonly id: string;
  readonly version: number;
}

export interface ReceiptOptions {
  readonly app: TestClient;
  readonly seed: number;
  readonly witnesses: readonly Witness[];
  /** The newest version of each dispatch. */
  readonly latest: ReadonlyMap<string, number>;
  /** Of so many versions of dispatches all receipts are compared. Default: 200. */
  readonly sampleSize?: number;
}

/** Reviews a sample, again where something is wrong that may just not have been written. */
export async function reviewReceipts(options: ReceiptOptions): Promise<ReceiptReview> {
  const sample = draw(options);
  let review = await reviewAll(options, sample);
  const isFine = async () => {
    if (review.complaints.length === 0) return true;
    review = await reviewAll(options, sample);
    return review.complaints.length === 0;
  };
  // After a timeout the review says what is wrong.
  await until('receipts are written', isFine, writtenMs).catch(() => undefined);
  return review;
}

function draw({ seed, latest, sampleSize = 200 }: ReceiptOptions): readonly Version[] {
  const random = createRandom(hashText(`${seed} receipts`));
  const all = [...latest].flatMap(([id, newest]) =>
    Array.from({ length: newest }, (_, at) => ({ order: random(), id, version: at + 1 })),
  );
  return all.toSorted((a, b) => a.order - b.order).slice(0, sampleSize);
}

async function reviewAll(options: ReceiptOptions, sample: readonly Version[]): Promise<ReceiptReview> {
  const complaints: string[] = [];
  const missing = new Map<Reason, number>();
  let receipts = 0;
  for (const version of sample) {
    const found = await receiptsOf(options.app, version.id, version.version);
    receipts += found.length;
    for (const witness of options.witnesses) {
      const receipt = found.find(({ viewerId }) => viewerId === witness.client.name);
      compare(witness, version, receipt, { complaints, missing });
    }
  }
  const judged = sample.length * options.witnesses.length;
  return { receipts, versions: sample.length, judged, missing, complaints };
}

/** What of a receipt is told where it is wrong. */
type Claim = Pick<Receipt, 'snapshot' | 'sentAt' | 'acknowledgedAt'>;

/** All that was shown of a dispatch: on which connection, when, and whether it was acknowledged. */
function tellAll({ all }: Sightings, dispatch: string): string {
  const own = all.filter(({ id }) => id === dispatch);
  const told = own.map(({ version, isSnapshot, connection, at, acknowledgedAt }) => {
    const date = new Date(performance.timeOrigin + at).toISOString();
    return `${version}${isSnapshot ? ' (snapshot)' : ''}${acknowledgedAt === undefined ? '' : '!'} on ${connection} at ${date}`;
  });
  return told.join(', ') || 'nothing of it';
}

/** Adds what is wrong with one client's receipt, or why it may be missing, to `found`. */
export function compare(
  witness: Witness,
  { id, version }: Version,
  receipt: Claim | undefined,
  found: { readonly complaints: string[]; readonly missing: Map<Reason, number> },
): void {
  const { client, stays } = witness;
  const acknowledged = client.sightings.all.flatMap((sight) =>
    sight.id === id && sight.version === version && sight.acknowledgedAt !== undefined ? sight : [],
  );
  const what = `dispatch ${id} in version ${version}`;
  if (receipt && acknowledged.length === 0)
    found.complaints.push(
      `a receipt says that ${client.name} was shown ${what}, which it has not acknowledged: ` +
        `${receipt.snapshot ? 'as it was, ' : ''}sent ${receipt.sentAt}, acknowledged ${receipt.acknowledgedAt}; it saw ${tellAll(client.sightings, id)}`,
    );
  if (receipt || acknowledged.length === 0 || !stays) return;
  const reasons = acknowledged.map((sight) => whyNoReceipt(witness, sight));
  const [reason] = reasons;
  if (reasons.includes(null) || !reason) {
    const at = acknowledged[0]!.acknowledgedAt!;
    const near = witness.faults.tell(at - nearMs, at + nearMs);
    found.complaints.push(
      `there is no receipt of ${client.name} for ${what}; near its acknowledgement: ${near}`,
    );
  } else found.missing.set(reason, (found.missing.get(reason) ?? 0) + 1);
}

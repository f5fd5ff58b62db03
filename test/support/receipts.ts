/** Asks who was shown a dispatch, and waits until somebody was. */
import { until } from './until.ts';
import type { TestClient } from './test-client.ts';

export interface Receipt {
  readonly viewerId: string;
  readonly version: number;
  readonly snapshot: boolean;
  readonly field: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly sentAt: string;
  readonly acknowledgedAt: string;
  readonly transport: string;
  readonly acknowledgedBy: string;
}

const query = `query ($id: ID!, $version: Int) {
  receipts(despachoId: $id, version: $version, limit: 500) {
    viewerId version snapshot field arguments sentAt acknowledgedAt transport acknowledgedBy
  }
}`;

export async function receiptsOf(
  app: TestClient,
  id: string,
  version: number | null = null,
): Promise<readonly Receipt[]> {
  const { data, errors } = await app.ask<{ receipts: Receipt[] }>(query, { id, version });
  if (errors || !data) throw new Error(JSON.stringify(errors));
  return data.receipts;
}

/** Each as `viewer version`, in order. */
export async function seenOf(app: TestClient, id: string, version: number | null = null) {
  const receipts = await receiptsOf(app, id, version);
  return receipts
    .map((one) => `${one.viewerId} ${one.version}${one.snapshot ? ' as it was' : ''}`)
    .toSorted();
}

/** Resolves with the receipts of a version when this viewer has one. */
export async function untilSeen(app: TestClient, id: string, version: number, viewerId: string) {
  await until(`${viewerId} has a receipt`, async () =>
    (await receiptsOf(app, id, version)).some((receipt) => receipt.viewerId === viewerId),
  );
  return receiptsOf(app, id, version);
}

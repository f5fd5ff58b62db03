/** Proves that a service believes its own cursors, after a restart too, and what it makes of all others. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { unsignedCursor } from '../support/last-release.ts';
import {
  assign,
  createDispatch,
  dispatchesUpdated,
  dispatchUpdated,
  type Update,
} from '../support/operations.ts';

const undos: (() => void)[] = [];
afterEach(() => undos.splice(0).forEach((undo) => undo()));

function tFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cursors-'));
  undos.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

const boardCursor = async (app: RunningApp) =>
  (await app.ask<{ dispatchesCursor: string }>('{ dispatchesCursor }')).data!.dispatchesCursor;

const open = async (app: RunningApp, query: string, variables: Record<string, unknown>) =>
  subscribe<Update>(tClient(app.wsUrl, await app.token()), query, variables);

/** The error with which a stream is refused. */
async function refusal(app: RunningApp, query: string, variables: Record<string, unknown>) {
  const { failures, ended } = await open(app, query, variables);
  await ended().catch(() => {});
  return failures.flat();
}

describe('a board', () => {
  test('shows after a restart of the service what has changed since its cursor', async () => {
    const folder = tFolder();
    const before = await tApp({ DATA_DIR: folder });
    const id = await createDispatch(before);
    const after = await boardCursor(before);
    await assign(before, id);
    await before.close();
    const app = await tApp({ DATA_DIR: folder });
    const board = await open(app, dispatchesUpdated, { after });
    await board.until((events) => events.length === 1);
    expect(board.events[0]).toMatchObject({ changeType: 'SNAPSHOT', dispatch: { id, version: 2 } });
  });

  test.each([
    ['of a service with another database', async () => boardCursor(await tApp())],
    ['made up', () => unsignedCursor('dispatches', { epoch: 'none', offset: 0, at: Date.now() })],
  ])('says at once that it has to list anew, after a cursor %s', async (_which, make) => {
    const app = await tApp();
    expect(await refusal(app, dispatchesUpdated, { after: await make() })).toMatchObject([
      { extensions: { code: 'CURSOR_TOO_OLD', argument: 'after' } },
    ]);
  });

  test('refuses what is no cursor, or is of another stream, as before', async () => {
    const app = await tApp();
    for (const after of ['nonsense', unsignedCursor('users', { epoch: 'none', offset: 0, at: 0 })])
      expect(await refusal(app, dispatchesUpdated, { after })).toMatchObject([
        { extensions: { code: 'BAD_USER_INPUT' } },
      ]);
  });
});

test('one dispatch begins anew after a cursor that somebody has made up', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  await assign(app, id);
  const after = unsignedCursor(`dispatch:${id}`, { epoch: 'none', offset: 1, at: 0 });
  const { events, until } = await open(app, dispatchUpdated, { id, after });
  await until(() => events.length === 1);
  expect(events).toMatchObject([{ changeType: 'SNAPSHOT', dispatch: { version: 2 } }]);
});

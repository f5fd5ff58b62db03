/** Channels of dispatches, `dispatch:<id>:…`: who may use them depends on the dispatch. The permissions are checked before. */
import type { Viewer } from '../../auth/viewer.ts';
import { forbidden, notFound } from '../../lib/errors.ts';
import { audienceOf } from '../../schema/channels.ts';
import type { SharedContext } from '../../schema/context.ts';
import { isPossibleId } from '../../schema/input.ts';
import { mayUpdateEveryDispatch } from '../../schema/permissions.ts';

type Loaders = SharedContext['loaders'];

/** For who may see dispatches. @throws NOT_FOUND where the channel is that of a dispatch and there is none */
export async function checkReader(channel: string, loaders: Loaders): Promise<void> {
  const id = despachoIdOf(channel);
  if (id !== null && !(await findDispatch(id, loaders))) throw notFound('dispatch', id);
}

/**
 * Lets write to a channel of a dispatch who may update it, and its crew.
 *
 * @throws FORBIDDEN for all others; NOT_FOUND where there is no such dispatch, for those who may update all that there are
 */
export async function checkWriter(channel: string, viewer: Viewer, loaders: Loaders): Promise<void> {
  const id = despachoIdOf(channel);
  if (id === null) return;
  if (mayUpdateEveryDispatch(viewer)) return checkReader(channel, loaders);
  const isCrew =
    viewer.ambulanciaId !== null && (await findDispatch(id, loaders))?.ambulancia?.id === viewer.ambulanciaId;
  if (!isCrew) throw forbidden('To the channels of a dispatch write its crew, and those who may update it.');
}

function despachoIdOf(channel: string): string | null {
  const { kind, name } = audienceOf(channel);
  return kind === 'dispatch' ? name : null;
}

const findDispatch = (id: string, loaders: Loaders) =>
  isPossibleId(id) ? loaders.dispatch.load(id) : Promise.resolve(null);

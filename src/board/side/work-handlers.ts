/** Does what the viewer asks for with the controls of the selected dispatch. */
import type { Dispatch } from '../data/dispatch.ts';
import type { Dispatches } from '../data/dispatches.ts';
import type { Followed } from '../data/followed.ts';
import type { Work } from '../data/work.ts';
import { whyNot } from '../live/why.ts';
import type { ViewHistory } from '../state/view-history.ts';
import type { WorkHandlers } from './work-view.ts';

export interface WorkSubjects {
  readonly history: ViewHistory;
  readonly dispatches: Dispatches;
  readonly work: Work;
  readonly followed: Followed;
  readonly onRefused: (why: string) => void;
}

export function workHandlers({ history, dispatches, work, followed, onRefused }: WorkSubjects): WorkHandlers {
  const withSelected = (act: (dispatch: Dispatch) => void) => {
    const selected = history.view.id === null ? undefined : dispatches.get(history.view.id);
    if (selected) act(selected);
  };
  return {
    onAssign: (unit) => withSelected((dispatch) => void work.assign(dispatch, unit)),
    onMove: (estado) => withSelected((dispatch) => void work.move(dispatch, estado)),
    onAnswer: (accept) => withSelected((dispatch) => void work.answer(dispatch, accept)),
    async onSend(message) {
      const { id } = history.view;
      return id !== null && (await work.send(`dispatch:${id}:crew`, message));
    },
    onFollow: () =>
      withSelected(({ id }) => {
        followed.set(id, !followed.ids.has(id)).catch((error: unknown) => onRefused(whyNot(error)));
      }),
    onTrack: () => history.change({ tracks: !history.view.tracks }),
  };
}

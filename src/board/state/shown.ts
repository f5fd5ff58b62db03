/** Chooses which dispatches are shown, and in which order. */
import { hasEnded, prioridades, type Dispatch } from '../data/dispatch.ts';
import type { View } from './view-state.ts';

export interface ShownBy {
  readonly view: View;
  readonly isMine: (id: string) => boolean;
  readonly isOverdue: (dispatch: Dispatch) => boolean;
  /** Since when it has been in its status, ISO 8601. */
  readonly since: (dispatch: Dispatch) => string;
}

/** `dispatches`: the newest request first, as the order `newest` shows them. */
export function chooseShown(dispatches: readonly Dispatch[], by: ShownBy): readonly Dispatch[] {
  const { view, isMine, isOverdue } = by;
  const wanted = searchWords(view.search);
  const shown = dispatches.filter((dispatch) => {
    const { id, estado, prioridad, incidente } = dispatch;
    return (
      // The selected one is shown whatever is searched for: a link may lead to it.
      id === view.id ||
      (isAmong(view.estados, estado) &&
        isAmong(view.prioridades, prioridad) &&
        isAmong(view.incidentes, incidente) &&
        (!view.mine || isMine(id)) &&
        (!view.overdue || isOverdue(dispatch)) &&
        has(dispatch, wanted))
    );
  });
  return inOrder(shown, by);
}

const isAmong = (chosen: readonly string[], value: string) => chosen.length === 0 || chosen.includes(value);

/** Small letters without accents: whoever searches in a hurry types none. */
const plain = (text: string) => text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();

const searchWords = (search: string) => plain(search).split(/\s+/).filter(Boolean);

const texts = new WeakMap<Dispatch, string>();

/** Whether each word is in its number, its addresses, its unit or its plate. */
function has(dispatch: Dispatch, wanted: readonly string[]): boolean {
  if (wanted.length === 0) return true;
  const { id, origen, destino, ambulancia } = dispatch;
  let text = texts.get(dispatch);
  if (text === undefined) {
    const parts = [`#${id}`, origen.direccion, destino?.direccion, ambulancia?.id, ambulancia?.placa];
    text = plain(parts.filter(Boolean).join(' '));
    texts.set(dispatch, text);
  }
  return wanted.every((word) => text.includes(word));
}

function inOrder(shown: readonly Dispatch[], { view, since }: ShownBy): readonly Dispatch[] {
  switch (view.order) {
    case 'newest':
      return shown;
    case 'oldest':
      return shown.toReversed();
    case 'urgent':
      return shown.toReversed().sort((a, b) => weight(a) - weight(b));
    case 'late': {
      const from = new Map(shown.map((dispatch) => [dispatch, since(dispatch)]));
      return shown.toSorted(
        (a, b) =>
          Number(hasEnded(a.estado)) - Number(hasEnded(b.estado)) ||
          (from.get(a)! < from.get(b)! ? -1 : Number(from.get(a)! > from.get(b)!)),
      );
    }
  }
}

/** Of the same priority those that nobody serves yet come first. */
const weight = ({ prioridad, estado }: Dispatch) =>
  (hasEnded(estado) ? 100 : 0) + prioridades.indexOf(prioridad) * 2 + (estado === 'PENDIENTE' ? 0 : 1);

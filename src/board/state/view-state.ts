/** What the viewer looks at, as the address of the page says it behind the `#`: that part is never sent to a server. */
import { activeEstados, incidentes, prioridades } from '../data/dispatch.ts';
import type { ActiveEstado, Incidente, Prioridad } from '../data/dispatch.ts';

export const orders = ['newest', 'oldest', 'urgent', 'late'] as const;
export type Order = (typeof orders)[number];

export interface View {
  /** The selected dispatch. */
  readonly id: string | null;
  readonly search: string;
  /** Empty: all. The same goes for the other two. */
  readonly estados: readonly ActiveEstado[];
  readonly prioridades: readonly Prioridad[];
  readonly incidentes: readonly Incidente[];
  /** Only those that the viewer follows. */
  readonly mine: boolean;
  /** Only those that are overdue. */
  readonly overdue: boolean;
  readonly order: Order;
  /** Whether the map keeps to the selected dispatch's ambulance. */
  readonly tracks: boolean;
}

export const wholeBoard: View = {
  id: null,
  search: '',
  estados: [],
  prioridades: [],
  incidentes: [],
  mine: false,
  overdue: false,
  order: 'newest',
  tracks: false,
};

/** The largest id and text that are taken from an address. */
const maxChars = 200;

/** What is no part of a view is passed over: somebody has typed it, or another version of the page made it. */
export function parseView(hash: string): View {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const text = (name: string) => (given.get(name) ?? '').slice(0, maxChars);
  const some = <T extends string>(name: string, all: readonly T[]) => {
    const names = text(name).split(',');
    return all.filter((one) => names.includes(one));
  };
  return {
    id: text('id') || null,
    search: text('q'),
    estados: some('estado', activeEstados),
    prioridades: some('prioridad', prioridades),
    incidentes: some('incidente', incidentes),
    mine: given.has('mine'),
    overdue: given.has('overdue'),
    order: orders.find((order) => order === given.get('order')) ?? 'newest',
    tracks: given.has('track'),
  };
}

/** Empty for the whole board. */
export function formatView(view: View): string {
  const flag = (isOn: boolean) => (isOn ? '1' : '');
  const parts = {
    id: view.id ?? '',
    q: view.search,
    estado: view.estados.join(','),
    prioridad: view.prioridades.join(','),
    incidente: view.incidentes.join(','),
    mine: flag(view.mine),
    overdue: flag(view.overdue),
    order: view.order === 'newest' ? '' : view.order,
    track: flag(view.tracks),
  };
  const given = new URLSearchParams(Object.entries(parts).filter(([, text]) => text !== ''));
  const text = given.toString().replaceAll('%2C', ',');
  return text && `#${text}`;
}

/** Whether another list is shown. */
export const hasFilter = ({ search, estados, prioridades, incidentes, mine, overdue }: View): boolean =>
  search !== '' || estados.length + prioridades.length + incidentes.length > 0 || mine || overdue;

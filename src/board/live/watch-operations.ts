/** The GraphQL operations about what is watched for the viewer: alerts, assignments, and a part of the map. */
import type { Assignment, Location, Prioridad } from '../data/dispatch.ts';
import type { Box } from '../map/box.ts';
import { operation, type After } from './operation.ts';

export type AlertKind = 'STALE_POSITION' | 'OVERDUE' | 'UNANSWERED' | 'UNDELIVERED' | 'BACK_ONLINE';

export interface Alert {
  readonly id: string;
  readonly kind: AlertKind;
  readonly despachoId: string;
  readonly ambulanciaId: string | null;
  readonly prioridad: Prioridad;
  /** From when on its limit counts, ISO 8601. */
  readonly since: string;
  readonly raisedAt: string;
  readonly clearedAt: string | null;
  readonly acknowledgedAt: string | null;
}

/** What tells an event from the state with which a stream begins, where both are null. */
interface FromStream {
  readonly follows: string | null;
  readonly recovered: string | null;
}

const alertFields =
  'id kind despachoId ambulanciaId prioridad since raisedAt clearedAt acknowledgedAt' as const;

export const alertsSubscription = operation<{ readonly alertRaised: Alert & FromStream }, After>(
  `subscription Alerts($after: Cursor) { alertRaised(after: $after) { ${alertFields} follows recovered } }`,
);

export const acknowledgeMutation = operation<
  { readonly acknowledgeAlert: Alert | null },
  { readonly id: string }
>(`mutation Acknowledge($id: ID!) { acknowledgeAlert(id: $id) { ${alertFields} } }`);

export type Delivery = 'DELIVERED' | 'UNKNOWN' | 'NOT_YET';

export interface DeliveryAnswer {
  readonly dispatch: {
    readonly assignment:
      (Pick<Assignment, 'id'> & { readonly delivery: Delivery; readonly deliveredAt: string | null }) | null;
  } | null;
}

export const deliveryQuery = operation<DeliveryAnswer, { readonly id: string }>(
  'query Delivery($id: ID!) { dispatch(id: $id) { assignment { id delivery deliveredAt } } }',
);

export interface AreaMove {
  readonly cursor: string;
  readonly change: 'SNAPSHOT' | 'ANEW' | 'ENTERED' | 'MOVED' | 'LEFT';
  /** Null with `ANEW`. */
  readonly despachoId: string | null;
  readonly location: Location | null;
}

export const areaSubscription = operation<
  { readonly locationsInArea: AreaMove },
  After & { readonly area: Box }
>(`
  subscription Area($area: BoundingBoxInput!, $after: Cursor) {
    locationsInArea(area: $area, after: $after) {
      cursor change despachoId
      location { latitud longitud velocidad rumbo receivedAt }
    }
  }`);

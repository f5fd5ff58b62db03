/** Lays out the map: which signs are in view, which of them are put together, and where the names stand. */
import { hasEnded, type Dispatch, type Point } from '../data/dispatch.ts';
import { isInside, project, type Camera, type Size } from './camera.ts';
import { clusterSigns, type Cluster, type Clusterable } from './clusters.ts';
import { Labels, type Side } from './marks/labels.ts';

export interface Sign extends Clusterable {
  readonly dispatch: Dispatch;
}

export interface Layout {
  /** In view and drawn each for itself. */
  readonly alone: readonly Sign[];
  readonly clusters: readonly Cluster<Sign>[];
  readonly sides: ReadonlyMap<string, Side>;
}

/** Up to so many signs in view are all drawn. */
const mostAlone = 90;
/** Lines and signs a little outside of the map are drawn too, so that they come and go smoothly. */
const beyondPx = 60;

export class MapLayout {
  readonly #labels = new Labels();

  lay(
    dispatches: readonly Dispatch[],
    placeOf: (dispatch: Dispatch) => Point,
    { camera, size, selectedId }: { camera: Camera; size: Size; selectedId: string | null },
  ): Layout {
    const signs: Sign[] = [];
    for (const dispatch of dispatches) {
      const isAlone = dispatch.id === selectedId;
      const place = placeOf(dispatch);
      if (isAlone || isInside(project(place, camera, size), size, beyondPx))
        signs.push({ id: dispatch.id, dispatch, place, isAlone });
    }
    const { alone, clusters } = clusterSigns(signs, camera, mostAlone);
    return { alone, clusters, sides: this.#place(alone, camera, size) };
  }

  /** Where there is no room for all names, those of what matters most are placed first, and the others yield to them. */
  #place(alone: readonly Sign[], camera: Camera, size: Size): ReadonlyMap<string, Side> {
    const byWeight = alone.toSorted((a, b) => weightOf(a) - weightOf(b));
    return this.#labels.place(
      byWeight.map(({ id, dispatch: { estado, ambulancia }, place, isAlone }) => {
        const hasName = isAlone || !hasEnded(estado);
        return { id, text: hasName ? (ambulancia?.id ?? '') : '', ...project(place, camera, size) };
      }),
    );
  }
}

const weightOf = ({ isAlone, dispatch: { estado, prioridad } }: Sign) =>
  isAlone ? 0 : hasEnded(estado) ? 3 : prioridad === 'CRITICA' ? 1 : 2;

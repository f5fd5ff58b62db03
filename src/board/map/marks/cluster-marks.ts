/** Draws all clusters of the map. */
import type { Dispatch } from '../../data/dispatch.ts';
import { project, type Camera, type Size } from '../camera.ts';
import type { Cluster } from '../clusters.ts';
import { known, removeOthers } from './known-marks.ts';
import { MapCluster } from './map-cluster.ts';
import type { Sign } from '../map-layout.ts';

export class ClusterMarks {
  readonly #layer: SVGGElement;
  readonly #onOpen: (members: readonly Sign[]) => void;
  readonly #marks = new Map<string, MapCluster>();
  #shown: ReadonlyMap<string, Cluster<Sign>> = new Map();

  constructor(layer: SVGGElement, onOpen: (members: readonly Sign[]) => void) {
    this.#layer = layer;
    this.#onOpen = onOpen;
  }

  render(
    clusters: readonly Cluster<Sign>[],
    camera: Camera,
    size: Size,
    isOverdue: (dispatch: Dispatch) => boolean,
  ): void {
    this.#shown = new Map(clusters.map((cluster) => [cluster.id, cluster]));
    removeOthers(this.#marks, new Set(this.#shown.keys()));
    for (const { id, place, members } of clusters) {
      const mark = known(this.#marks, id, () => this.#make(id));
      mark.render(project(place, camera, size), {
        count: members.length,
        isCritical: members.some(isCritical),
        isOverdue: members.some(({ dispatch }) => isOverdue(dispatch)),
      });
    }
  }

  #make(id: string): MapCluster {
    return new MapCluster(this.#layer, () => this.#onOpen(this.#shown.get(id)?.members ?? []));
  }
}

const isCritical = ({ dispatch: { prioridad, estado } }: Sign) =>
  prioridad === 'CRITICA' && estado === 'PENDIENTE';

/** Shows the map: draws all dispatches and their movements, and lets the viewer move it. */
import { hasEnded, type Dispatch, type Point } from '../data/dispatch.ts';
import type { Vehicle } from '../data/vehicle.ts';
import { part, setAttributes, setText, svgElement } from '../dom.ts';
import type { Motion } from '../frames.ts';
import { words } from '../words/words.ts';
import { chooseBox, type Box } from './box.ts';
import type { Camera } from './camera.ts';
import { listenToGestures, zoomStep } from './gestures.ts';
import { ClusterMarks } from './marks/cluster-marks.ts';
import { known, removeOthers } from './marks/known-marks.ts';
import { MapFrame } from './map-frame.ts';
import { MapLayout, type Layout, type Sign } from './map-layout.ts';
import { MapMarks, type Layers } from './marks/map-marks.ts';
import { chooseMatters } from './matters.ts';
import { chooseRegion, groupRegions, type Region } from './regions.ts';
import { TilesView } from './tiles.ts';
import { Viewpoint } from './viewpoint.ts';

export interface MapContent {
  readonly dispatches: readonly Dispatch[];
  readonly selectedId: string | null;
  /** Whether the map keeps to the selected one's ambulance. */
  readonly tracks: boolean;
  readonly vehicle: (id: string) => Vehicle | undefined;
  readonly isLate: (dispatch: Dispatch) => boolean;
  readonly isOverdue: (dispatch: Dispatch) => boolean;
}

export interface MapHandlers {
  readonly onSelect: (id: string | null) => void;
  /** The viewer has moved the map: it keeps to nothing any more. */
  readonly onMove: () => void;
  readonly onChange: () => void;
}

/** While nothing else happens, what is in view and where names stand is looked at again after this time. */
const layoutMs = 250;
/** Closer together than this nothing is told apart by zooming in, degrees. */
const sameSpotDegrees = 0.0003;

export class MapView {
  readonly #root = part('map', SVGSVGElement);
  readonly #elsewhere = part('elsewhere', HTMLButtonElement);
  readonly #frame: MapFrame;
  readonly #layout = new MapLayout();
  readonly #layers: Layers;
  readonly #marks = new Map<string, MapMarks>();
  readonly #clusters: ClusterMarks;
  readonly #handlers: MapHandlers;
  readonly #viewpoint = new Viewpoint();
  readonly #tiles: TilesView | null;
  #laid:
    | { readonly layout: Layout; readonly camera: Camera; readonly atMs: number; readonly of: MapContent }
    | undefined;
  #region: Point | null = null;
  /** The viewer has chosen the region, so the map does not leave it by itself. */
  #isPinned = false;
  #otherRegion: Region | undefined;
  #revealedId: string | null = null;
  #box: Box | null = null;

  constructor(handlers: MapHandlers, tilesUrl: string | null) {
    this.#handlers = handlers;
    const layer = (name: string) => this.#root.appendChild(svgElement('g', { class: name }));
    this.#frame = new MapFrame(layer('frame'));
    const [routes, scenes] = [layer('routes'), layer('scenes')];
    // Below the signs: the selected one is never put together with others, and never covered by them.
    this.#clusters = new ClusterMarks(layer('clusters'), (members) => this.#open(members));
    this.#layers = { routes, scenes, signs: layer('signs') };
    this.#tiles = tilesUrl === null ? null : new TilesView(part('tiles', HTMLElement), tilesUrl);
    this.#elsewhere.addEventListener('click', () => this.#goElsewhere());
    this.#listen();
    new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      this.#viewpoint.resize({ width, height });
      this.#laid = undefined;
      handlers.onChange();
    }).observe(this.#root);
  }

  /** The dispatches that can be seen, those that are drawn for themselves first. */
  get inView(): readonly string[] {
    const { alone = [], clusters = [] } = this.#laid?.layout ?? {};
    return [...alone, ...clusters.flatMap(({ members }) => members)].map(({ id }) => id);
  }

  /** What is to be watched so that all is known of what can be seen; null: all the globe. */
  boxInView(nowMs: number): Box | null {
    const { size } = this.#viewpoint;
    // Where it flies to, nobody has seen yet.
    if (size.width > 0 && !this.#viewpoint.isFlying(nowMs))
      this.#box = chooseBox(this.#box, this.#viewpoint.at(nowMs), size);
    return this.#box;
  }

  /** Draws the map as it is at `nowMs`. Returns what moves on after it. */
  render(content: MapContent, nowMs: number): Motion {
    const { size } = this.#viewpoint;
    if (size.width === 0) return 'none';
    const isOld = this.#isOld(content);
    if (isOld) this.#look(content, nowMs);
    this.#keepTo(content, nowMs);
    const camera = this.#viewpoint.at(nowMs);
    this.#frame.render(camera, size);
    this.#tiles?.render(camera, size);
    if (isOld || this.#laid?.camera !== camera) this.#lay(content, camera, nowMs);
    const { layout } = this.#laid!;
    this.#drawSigns(content, layout, camera, nowMs);
    this.#clusters.render(layout.clusters, camera, size, content.isOverdue);
    const isFlying = this.#viewpoint.isFlying(nowMs);
    setAttributes(this.#root, { 'data-held': this.#viewpoint.isHeld, 'data-flying': isFlying });
    if (isFlying) return 'flight';
    const isLaid = this.#laid!.of.dispatches === content.dispatches;
    return isLaid && !layout.alone.some(({ id }) => content.vehicle(id)?.isMoving(nowMs)) ? 'none' : 'glide';
  }

  /** Many changes may come in a moment: they are laid out together. */
  #isOld({ dispatches, selectedId }: MapContent): boolean {
    if (!this.#laid || this.#laid.of.selectedId !== selectedId) return true;
    if (this.#laid.of.dispatches.length === 0 && dispatches.length > 0) return true;
    return performance.now() - this.#laid.atMs >= layoutMs;
  }

  #lay(content: MapContent, camera: Camera, nowMs: number): void {
    const { dispatches, selectedId, vehicle } = content;
    const placeOf = ({ id, origen }: Dispatch) => vehicle(id)?.position(nowMs) ?? origen;
    const layout = this.#layout.lay(dispatches, placeOf, { camera, size: this.#viewpoint.size, selectedId });
    this.#laid = { layout, camera, atMs: performance.now(), of: content };
  }

  /** Moves the camera, if necessary, so that what matters of the region is visible. */
  #look(content: MapContent, nowMs: number): void {
    const { dispatches, selectedId, vehicle } = content;
    const regions = groupRegions(
      dispatches.filter(({ id, estado }) => id === selectedId || !hasEnded(estado)),
    );
    const chosen = chooseRegion(regions, { selectedId, shown: this.#region, isPinned: this.#isPinned });
    this.#showElsewhere(regions, chosen);
    if (chosen) {
      this.#region = chosen.centre;
      const places = chosen.dispatches.flatMap((dispatch) => placesOf(dispatch, selectedId));
      const positions = chosen.dispatches.flatMap(({ id }) => vehicle(id)?.last ?? []);
      this.#viewpoint.look(chooseMatters(places, positions), nowMs);
    }
    this.#reveal(content, nowMs);
  }

  /** What is selected is brought into view once; then the viewer may leave it. */
  #reveal({ dispatches, selectedId, vehicle }: MapContent, nowMs: number): void {
    if (selectedId === this.#revealedId) return;
    const selected = dispatches.find(({ id }) => id === selectedId);
    if (selectedId !== null && !selected) return;
    this.#revealedId = selectedId;
    if (selected && this.#viewpoint.isHeld)
      this.#viewpoint.reveal(vehicle(selected.id)?.last ?? selected.origen, nowMs);
  }

  #keepTo({ selectedId, tracks, vehicle }: MapContent, nowMs: number): void {
    const place = tracks && selectedId !== null ? vehicle(selectedId)?.position(nowMs) : undefined;
    if (place) this.#viewpoint.keepTo(place, nowMs);
  }

  #drawSigns(content: MapContent, { alone, sides }: Layout, camera: Camera, nowMs: number): void {
    const shown = new Set(alone.map(({ id }) => id));
    removeOthers(this.#marks, shown);
    const moment = { camera, size: this.#viewpoint.size, nowMs };
    for (const { id, dispatch } of alone) {
      const marks = known(this.#marks, id, () => new MapMarks(id, this.#layers, this.#handlers.onSelect));
      marks.render({
        ...moment,
        dispatch,
        vehicle: content.vehicle(id),
        isSelected: id === content.selectedId,
        isLate: content.isLate(dispatch),
        isOverdue: content.isOverdue(dispatch),
        labelSide: sides.get(id) ?? null,
      });
    }
  }

  /** Zooms in to its members; where they are all at one spot, each click selects the next of them. */
  #open(members: readonly Sign[]): void {
    const [first, ...more] = members.map(({ place }) => place);
    if (!first) return;
    const isOneSpot = more.every(
      ({ latitud, longitud }) =>
        Math.hypot(latitud - first.latitud, longitud - first.longitud) < sameSpotDegrees,
    );
    if (isOneSpot) return this.#handlers.onSelect(nextOf(members, this.#laid?.of.selectedId ?? null));
    this.#viewpoint.visit([first, ...more], performance.now());
    this.#handlers.onMove();
  }

  #listen(): void {
    const { onMove, onChange } = this.#handlers;
    const middle = () => ({ x: this.#viewpoint.size.width / 2, y: this.#viewpoint.size.height / 2 });
    const onZoom = (factor: number, at = middle()) => {
      this.#viewpoint.zoom(factor, at, performance.now());
      onMove();
    };
    const onFit = () => {
      this.#viewpoint.release();
      this.#laid = undefined;
      onMove();
      onChange();
    };
    listenToGestures(part('pad', HTMLElement), {
      onPan: (by) => {
        this.#viewpoint.pan(by, performance.now());
        onMove();
      },
      ...{ onZoom, onFit, middle },
    });
    const button = (name: string) => part(name, HTMLButtonElement);
    button('zoom-in').addEventListener('click', () => onZoom(zoomStep));
    button('zoom-out').addEventListener('click', () => onZoom(1 / zoomStep));
    button('fit').addEventListener('click', onFit);
  }

  #showElsewhere(regions: readonly Region[], chosen: Region | undefined): void {
    const others = regions.filter((region) => region !== chosen);
    const count = others.reduce((sum, { dispatches }) => sum + dispatches.length, 0);
    const index = chosen ? regions.indexOf(chosen) : 0;
    this.#otherRegion = others.length > 0 ? regions[(index + 1) % regions.length] : undefined;
    setAttributes(this.#elsewhere, { hidden: count === 0 });
    setText(this.#elsewhere, words.elsewhere(count));
  }

  #goElsewhere(): void {
    if (!this.#otherRegion) return;
    this.#region = this.#otherRegion.centre;
    this.#isPinned = true;
    this.#viewpoint.release();
    this.#laid = undefined;
    this.#handlers.onSelect(null);
    this.#handlers.onChange();
  }
}

function nextOf(members: readonly Sign[], selectedId: string | null): string | null {
  const index = members.findIndex(({ id }) => id === selectedId);
  return members[(index + 1) % members.length]?.id ?? null;
}

function placesOf({ id, estado, origen, destino }: Dispatch, selectedId: string | null): readonly Point[] {
  const goesThere = destino !== null && (id === selectedId || estado === 'TRASLADANDO');
  return goesThere ? [origen, destino] : [origen];
}

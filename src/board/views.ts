/** All that is seen of the page: decides what is shown, and hands it to the parts of the page. */
import type { LiveClient } from '../../packages/live/src/index.ts';
import { hasEnded, type Dispatch } from './data/dispatch.ts';
import type { Alerts } from './data/alerts.ts';
import type { Changes } from './data/changes.ts';
import type { Deliveries } from './data/deliveries.ts';
import type { Dispatches } from './data/dispatches.ts';
import type { Followed } from './data/followed.ts';
import type { Moves } from './data/moves.ts';
import type { People } from './data/people.ts';
import type { ServiceClock } from './data/service-clock.ts';
import type { Timeline } from './data/timeline.ts';
import type { Units } from './data/units.ts';
import type { Work } from './data/work.ts';
import { part, setAttributes, setText } from './dom.ts';
import type { Motion } from './frames.ts';
import { FilterView } from './list/filter-view.ts';
import { ListView } from './list/list-view.ts';
import type { May } from './live/may.ts';
import type { Alert } from './live/watch-operations.ts';
import type { Box } from './map/box.ts';
import { MapView } from './map/map-view.ts';
import { AlertsView } from './side/alerts-view.ts';
import { DetailView, type Detail } from './side/detail-view.ts';
import { FactsView } from './side/facts-view.ts';
import { LateAnnouncer } from './side/late-announcer.ts';
import { UnitsView } from './side/units-view.ts';
import { workHandlers } from './side/work-handlers.ts';
import { WorkView } from './side/work-view.ts';
import type { Ages } from './state/ages.ts';
import { estimateArrival } from './state/arrival.ts';
import { chooseShown } from './state/shown.ts';
import type { ViewHistory } from './state/view-history.ts';
import { formatView, hasFilter } from './state/view-state.ts';
import { words } from './words/words.ts';

export interface ViewsOptions {
  readonly dispatches: Dispatches;
  readonly alerts: Alerts;
  readonly deliveries: Deliveries;
  readonly moves: Moves;
  readonly units: Units;
  readonly followed: Followed;
  readonly timeline: Timeline;
  readonly people: People;
  readonly history: ViewHistory;
  readonly ages: Ages;
  readonly work: Work;
  readonly may: May;
  readonly tilesUrl: string | null;
  readonly tilesAttribution: string | null;
  readonly onSelect: (id: string | null) => void;
  readonly onRefused: (why: string) => void;
  readonly onChange: () => void;
}

export class Views {
  readonly #options: ViewsOptions;
  readonly #list: ListView;
  readonly #filters: FilterView;
  readonly #detail: DetailView;
  readonly #work: WorkView;
  readonly #alerts: AlertsView;
  readonly #map: MapView;
  readonly #facts = new FactsView();
  readonly #units = new UnitsView();
  readonly #late = new LateAnnouncer();
  readonly #isStill = matchMedia('(prefers-reduced-motion: reduce)');
  #shown: readonly Dispatch[] = [];
  #shownBy = '';
  #isNewList = false;
  #second = 0;

  constructor(options: ViewsOptions) {
    this.#options = options;
    const { history, ages, onSelect, onChange } = options;
    this.#list = new ListView({
      ...{ onSelect, root: part('list', HTMLElement), scroller: part('scroller', HTMLElement) },
      onRelease: onChange,
      timesOf: (dispatch) => ages.of(dispatch),
    });
    this.#filters = new FilterView(history);
    this.#detail = new DetailView(() => onSelect(null));
    this.#work = new WorkView(options.may, workHandlers(options));
    this.#alerts = new AlertsView(options.may.acknowledge(), {
      onShow: onSelect,
      onSeen: (id) => void options.alerts.acknowledge(id),
    });
    const onMove = () => {
      if (history.view.tracks) history.change({ tracks: false });
      onChange();
    };
    this.#map = new MapView({ onSelect, onMove, onChange }, options.tilesUrl);
    setText(part('attribution', HTMLElement), options.tilesAttribution ?? '');
  }

  get rowsInView(): readonly string[] {
    return this.#list.inView;
  }

  get signsInView(): readonly string[] {
    return this.#map.inView;
  }

  boxInView(nowMs: number): Box | null {
    return this.#map.boxInView(nowMs);
  }

  /** To screen readers. */
  announce(alert: Alert): void {
    this.#alerts.announce(alert);
  }

  focusSearch(): void {
    this.#filters.focusSearch();
  }

  /** The viewer looks at something else: their list is shown at once. */
  look(): void {
    this.#isNewList = true;
  }

  /** Called once a second. */
  tick(asOfMs: number | null, clock: ServiceClock): void {
    this.#second += 1;
    this.#list.tick();
    this.#facts.renderAge(asOfMs, clock.now());
    this.#facts.renderClock(clock.hint);
    const { dispatches, ages } = this.#options;
    // Of a connection that is lost it is said as a whole.
    if (asOfMs === null) this.#late.render(dispatches.active().filter((dispatch) => ages.isLate(dispatch)));
  }

  /** Renders everything except the map. */
  render(live: LiveClient, changes: Changes): void {
    const { dispatches, moves, history, people, ages } = this.#options;
    const { view } = history;
    const active = dispatches.active();
    this.#choose();
    this.#filters.render();
    // It stands over the list, which would move with it.
    if (!this.#list.isHeld) this.#alerts.render(this.#options.alerts.unseen, ages.nowMs);
    this.#list.render(this.#shown, view.id, this.#isNewList);
    if (this.#isNewList && view.id !== null) this.#list.reveal(view.id);
    this.#isNewList = false;
    this.#renderSelected();
    this.#facts.render({
      connection: live.state,
      resumes: live.tally.reconnects,
      active: active.length,
      overdue: active.filter((dispatch) => ages.isOverdue(dispatch)).length,
      positions: moves.count,
      problem: changes.problem,
      ...dispatches.tally,
    });
    this.#facts.renderPeople(people.online, people.problem);
    const isFiltered = hasFilter(view);
    setText(
      part('shown-of', HTMLElement),
      isFiltered
        ? words.shownOf(this.#shown.filter(({ estado }) => !hasEnded(estado)).length, active.length)
        : '',
    );
    setAttributes(part('shown-of', HTMLElement), { hidden: !isFiltered });
    setAttributes(part('empty', HTMLElement), { hidden: active.length > 0 || !changes.isListed });
    setAttributes(part('nothing', HTMLElement), { hidden: this.#shown.length > 0 || active.length === 0 });
  }

  /** Returns what has to be drawn after it. */
  renderMap(nowMs: number): Motion {
    const { history, moves, ages } = this.#options;
    return this.#map.render(
      {
        dispatches: this.#shown,
        selectedId: history.view.id,
        tracks: history.view.tracks,
        vehicle: (id) => moves.vehicle(id),
        isLate: (dispatch) => ages.isLate(dispatch),
        isOverdue: (dispatch) => ages.isOverdue(dispatch),
      },
      this.#isStill.matches ? Infinity : nowMs,
    );
  }

  /** What depends on the time is chosen anew once a second, all else when something has changed. */
  #choose(): void {
    const { dispatches, history, followed, ages } = this.#options;
    const { view } = history;
    const second = view.overdue ? this.#second : 0;
    const key = `${dispatches.revision} ${second} ${view.mine ? followed.ids.size : 0} ${formatView(view)}`;
    if (key === this.#shownBy) return;
    this.#shownBy = key;
    this.#shown = chooseShown(dispatches.list(), {
      view,
      isMine: (id) => followed.ids.has(id),
      isOverdue: (dispatch) => ages.isOverdue(dispatch),
      since: (dispatch) => dispatches.since(dispatch),
    });
  }

  #renderSelected(): void {
    const { dispatches, history, timeline, units, followed } = this.#options;
    const { id, tracks } = history.view;
    const selected = id === null ? undefined : dispatches.get(id);
    const missing = id !== null && timeline.isMissing ? words.noSuchDispatch(id) : timeline.problem;
    this.#detail.render(selected ? this.#detailOf(selected) : null, selected ? null : missing);
    const free = units.free(dispatches.active(), selected?.origen ?? null);
    this.#units.render(free);
    if (selected)
      this.#work.render({ dispatch: selected, free, tracks, isMine: followed.ids.has(selected.id) });
  }

  #detailOf(dispatch: Dispatch): Detail {
    const { moves, ages, timeline, deliveries } = this.#options;
    const vehicle = moves.vehicle(dispatch.id);
    return {
      dispatch,
      steps: timeline.steps,
      location: vehicle?.last,
      arrival: estimateArrival(dispatch, vehicle?.recent ?? []),
      delivery: deliveries.of(dispatch),
      nowMs: ages.nowMs,
      inStatusMs: ages.inStatusMs(dispatch),
      overdueMs: ages.overdueMs(dispatch),
      positionMs: ages.positionMs(dispatch),
    };
  }
}

/** Connects data and views, and draws the page when something has changed. */
import { createLiveClient, type LiveClient } from '../../packages/live/src/index.ts';
import { Alerts } from './data/alerts.ts';
import { Changes } from './data/changes.ts';
import { Deliveries } from './data/deliveries.ts';
import type { Dispatch } from './data/dispatch.ts';
import { hasEnded } from './data/dispatch.ts';
import { Dispatches } from './data/dispatches.ts';
import { Followed } from './data/followed.ts';
import { Moves } from './data/moves.ts';
import { People } from './data/people.ts';
import { ServiceClock } from './data/service-clock.ts';
import { Timeline } from './data/timeline.ts';
import { Units } from './data/units.ts';
import { Work } from './data/work.ts';
import { Frames, type Motion } from './frames.ts';
import { Ages } from './state/ages.ts';
import { ViewHistory } from './state/view-history.ts';
import type { Access } from './live/access.ts';
import { readMay } from './live/may.ts';
import { storedToken } from './live/stored-token.ts';
import type { Alert } from './live/watch-operations.ts';
import { wantsToken, whyNot, whyStopped } from './live/why.ts';
import { Alarms } from './side/alarms.ts';
import { LimitsForm } from './side/limits-form.ts';
import { Notices } from './side/notices.ts';
import { askForToken } from './side/token-form.ts';
import { Views } from './views.ts';
import { words } from './words/words.ts';

const tickMs = 1_000;
/** Streams of positions are opened and closed at most once in this time, however many changes come. */
const followMs = 500;

export class Board {
  readonly #clock = new ServiceClock(() => this.#live.serviceTime);
  readonly #dispatches = new Dispatches();
  readonly #units = new Units();
  readonly #live: LiveClient;
  readonly #alerts: Alerts;
  readonly #changes: Changes;
  readonly #deliveries: Deliveries;
  readonly #moves: Moves;
  readonly #timeline: Timeline;
  readonly #people: People;
  readonly #followed: Followed;
  readonly #history: ViewHistory;
  readonly #alarms: Alarms;
  readonly #notices = new Notices();
  readonly #views: Views;
  #hasAsked = false;
  readonly #frames = new Frames((nowMs) => this.#draw(nowMs));
  #isStale = false;

  constructor({
    url,
    token,
    firstToken,
    tilesUrl,
    tilesAttribution,
  }: Access & { token: NonNullable<Access['token']> }) {
    const onChange = () => this.#change();
    const onNews = () => this.#change(true);
    this.#history = new ViewHistory(() => this.#look());
    // Event streams would be more than a browser opens to one origin over HTTP/1.1: there are as many as signs.
    const way = 'websocket';
    this.#live = createLiveClient({ url, token, way, onState: () => this.#onConnection() });
    const live = this.#live;
    const limits = new LimitsForm(onChange);
    this.#moves = new Moves({ live, onChange: onNews });
    this.#alarms = new Alarms((id) => this.#select(id));
    this.#alerts = new Alerts({
      ...{ live, onRaised: (alert) => this.#onAlert(alert) },
      onChange: onNews,
      onRefused: (why) => this.#notices.show(why, { isFault: true }),
    });
    this.#deliveries = new Deliveries(live, onChange);
    this.#changes = new Changes({
      ...{ live, onChange: onNews, dispatches: this.#dispatches },
      onTrail: (id, trail) => this.#moves.begin(id, trail),
      onNews: ({ changeType, dispatch }, isNew) => this.#onNews(dispatch, isNew && changeType === 'CREATED'),
      keptId: () => this.#history.view.id,
    });
    this.#timeline = new Timeline({
      ...{ live, onChange },
      onDispatch: (dispatch) => this.#dispatches.takeAnswer(dispatch, performance.now()),
    });
    this.#people = new People(live, onNews);
    this.#followed = new Followed(live, onChange);
    const work = new Work({
      ...{ live, onChange, dispatches: this.#dispatches },
      onDone: (what, onUndo) => this.#notices.show(what, onUndo ? { onUndo } : {}),
      onRefused: (why) => this.#notices.show(why, { isFault: true }),
    });
    const ages = new Ages({
      ...{ dispatches: this.#dispatches, moves: this.#moves, alerts: this.#alerts },
      now: () => this.#clock.now(),
      limits: () => limits.limits,
    });
    this.#views = new Views({
      ...{ ages, work, onChange, tilesUrl, tilesAttribution },
      ...{ dispatches: this.#dispatches, moves: this.#moves, units: this.#units, followed: this.#followed },
      ...{ alerts: this.#alerts, deliveries: this.#deliveries },
      ...{ timeline: this.#timeline, people: this.#people, history: this.#history },
      may: readMay(firstToken),
      onSelect: (id) => this.#select(id),
      onRefused: (why) => this.#notices.show(why, { isFault: true }),
    });
  }

  start(): void {
    this.#timeline.show(this.#history.view.id);
    void this.#changes.start();
    this.#alerts.start();
    this.#people.start();
    this.#followed.start();
    // Units that served dispatches of before are an extra: those of now are on the board.
    this.#units
      .start(this.#live)
      .catch((error: unknown) => this.#notices.show(whyNot(error), { isFault: true }));
    setInterval(() => this.#tick(), tickMs);
    setInterval(() => this.#follow(), followMs);
    addEventListener('keydown', (event) => this.#key(event));
  }

  #onConnection(): void {
    const { state } = this.#live;
    if (state.kind === 'live') void this.#people.list();
    if (wantsToken(state) && !this.#hasAsked) {
      this.#hasAsked = true;
      storedToken.forget();
      askForToken({ why: whyStopped(state), mustEnter: true });
    }
    this.#change();
  }

  #onNews(dispatch: Dispatch, isCreated: boolean): void {
    const { id, prioridad, estado, ambulancia } = dispatch;
    if (ambulancia) this.#units.note(ambulancia, this.#moves.vehicle(id)?.last ?? null);
    if (prioridad === 'CRITICA' && isCreated) this.#alarms.ring(dispatch);
    else if (estado !== 'PENDIENTE') this.#alarms.end(id);
  }

  #onAlert(alert: Alert): void {
    const { kind, ambulanciaId, despachoId } = alert;
    // There is nothing to be done about it.
    if (kind === 'BACK_ONLINE')
      return this.#notices.show(words.backOnline(ambulanciaId ?? `#${despachoId}`, despachoId));
    if (alert.clearedAt !== null) return;
    this.#alarms.sound();
    this.#views.announce(alert);
  }

  #select(id: string | null): void {
    this.#history.change({ id, tracks: false });
  }

  /** When what is shown was true, by the clock of the service; null while that is now. */
  get #shownAsOfMs(): number | null {
    const { state, ageMs } = this.#live;
    return state.kind === 'live' || ageMs === null ? null : this.#clock.now() - ageMs;
  }

  /** The address says something else than before. */
  #look(): void {
    const { id } = this.#history.view;
    this.#timeline.show(id);
    if (id !== null) this.#alarms.end(id);
    this.#views.look();
    this.#change();
  }

  #key(event: KeyboardEvent): void {
    const isTyping = event.target instanceof Element && event.target.matches('input, select, textarea');
    if (event.key === 'Escape' && !document.querySelector('dialog[open]')) this.#select(null);
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.#views.focusSearch();
  }

  #tick(): void {
    const { id } = this.#history.view;
    if (this.#dispatches.forgetEnded(performance.now(), id)) {
      const isKnown = (known: string) => this.#dispatches.get(known) !== undefined;
      this.#moves.keepOnly(isKnown);
    }
    this.#deliveries.look(id === null ? undefined : this.#dispatches.get(id));
    this.#views.tick(this.#shownAsOfMs, this.#clock);
    this.#change();
  }

  #follow(): void {
    const isDriving = (id: string) => {
      const dispatch = this.#dispatches.get(id);
      return dispatch?.ambulancia != null && !hasEnded(dispatch.estado);
    };
    const { id } = this.#history.view;
    const first = [...(id === null ? [] : [id]), ...this.#views.rowsInView].filter(isDriving);
    const onMap = this.#views.signsInView.filter(isDriving);
    this.#moves.follow({ first, onMap, box: this.#views.boxInView(performance.now()) });
  }

  /** `isNews`: nobody waits for it. */
  #change(isNews = false): void {
    this.#isStale = true;
    if (isNews) this.#frames.soon();
    else this.#frames.now();
  }

  #draw(nowMs: number): Motion {
    if (this.#isStale) {
      this.#alarms.count(this.#alerts.unseen.length);
      this.#views.render(this.#live, this.#changes);
    }
    this.#isStale = false;
    return this.#views.renderMap(nowMs);
  }
}

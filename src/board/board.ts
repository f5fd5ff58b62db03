/** The entry of the board: connects data and views, and draws the page when something has changed. */
import { Changes } from './changes.ts';
import { Connection } from './connection.ts';
import { DetailView } from './detail-view.ts';
import { Dispatches } from './dispatches.ts';
import { part } from './dom.ts';
import { FactsView } from './facts-view.ts';
import { showLegend } from './legend.ts';
import { ListView } from './list-view.ts';
import { MapView } from './map-view.ts';
import { Moves } from './moves.ts';
import { People } from './people.ts';
import { ServiceClock } from './service-clock.ts';
import { openAccess } from './settings.ts';
import { Timeline } from './timeline.ts';
import { askForToken } from './token-form.ts';

const tickMs = 1_000;
/** Streams of positions are opened and closed at most once in this time, however many changes come. */
const followMs = 500;

class Board {
  readonly #clock = new ServiceClock();
  readonly #dispatches = new Dispatches();
  readonly #connection: Connection;
  readonly #changes: Changes;
  readonly #moves: Moves;
  readonly #timeline: Timeline;
  readonly #people: People;
  readonly #list: ListView;
  readonly #detail: DetailView;
  readonly #map: MapView;
  readonly #facts = new FactsView();
  readonly #isStill = matchMedia('(prefers-reduced-motion: reduce)');
  #selectedId: string | null = null;
  #isStale = false;
  #isDrawing = false;

  constructor(url: string, token: (isOld: boolean) => Promise<string>) {
    const onChange = () => this.#change();
    const onSelect = (id: string | null) => this.#select(id);
    const onLive = () => void this.#people.list();
    const onTime = (isoTime: unknown) => this.#clock.set(isoTime);
    this.#connection = new Connection({ url, token, onChange, onLive, onTime });
    const { client } = this.#connection;
    this.#moves = new Moves({ client, onChange });
    this.#changes = new Changes({
      client,
      dispatches: this.#dispatches,
      onTrail: (id, trail) => this.#moves.begin(id, trail),
      onChange,
    });
    this.#timeline = new Timeline(client, onChange);
    this.#people = new People(client, onChange);
    this.#list = new ListView(part('list', HTMLElement), onSelect, onChange, this.#clock);
    this.#detail = new DetailView(() => this.#select(null));
    this.#map = new MapView(onSelect, onChange);
  }

  start(): void {
    void this.#changes.start();
    this.#people.start();
    setInterval(() => this.#tick(), tickMs);
    setInterval(() => this.#moves.follow(this.#dispatches.list(), this.#selectedId), followMs);
    addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.#select(null);
    });
  }

  #select(id: string | null): void {
    this.#selectedId = id;
    this.#timeline.show(id);
    this.#change();
  }

  #tick(): void {
    if (this.#dispatches.forgetEnded(performance.now(), this.#selectedId)) this.#change();
    this.#list.tick();
    this.#facts.renderClock(this.#clock.hint);
  }

  #change(): void {
    this.#isStale = true;
    this.#draw();
  }

  #draw(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame((nowMs) => {
      this.#isDrawing = false;
      if (this.#isStale) this.#render();
      this.#isStale = false;
      const moves = this.#map.render(
        {
          dispatches: this.#dispatches.list(),
          selectedId: this.#selectedId,
          vehicle: (id) => this.#moves.vehicle(id),
        },
        this.#isStill.matches ? Infinity : nowMs,
      );
      if (moves) this.#draw();
    });
  }

  /** Renders everything except the map. */
  #render(): void {
    const dispatches = this.#dispatches.list();
    const selected = this.#selectedId === null ? undefined : this.#dispatches.get(this.#selectedId);
    const active = this.#dispatches.active().length;
    this.#list.render(dispatches, this.#selectedId);
    this.#detail.render(selected, this.#timeline.steps, selected && this.#moves.vehicle(selected.id)?.last);
    this.#facts.render({
      connection: this.#connection.state,
      resumes: this.#connection.resumes,
      active,
      positions: this.#moves.count,
      problem: this.#changes.problem,
      ...this.#dispatches.tally,
    });
    this.#facts.renderPeople(this.#people.online, this.#people.problem);
    part('empty', HTMLElement).hidden = active > 0 || !this.#changes.isListed;
  }
}

/** For errors that keep the board from starting. */
function showProblem(error: unknown): void {
  const problem = part('problem', HTMLElement);
  problem.textContent = error instanceof Error ? error.message : String(error);
  problem.hidden = false;
}

async function open(): Promise<void> {
  const { url, token } = await openAccess();
  new Board(url, token ?? (await askForToken())).start();
}

showLegend();
open().catch(showProblem);

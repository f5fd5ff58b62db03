/** Watches one area: tells what comes, moves and goes, at most at the rate that was asked for. */
import { crosses } from '../../../lib/areas/box.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Follower } from '../../../stores/event-log/event-log.ts';
import { isShown, newEpoch, type Area } from './area.ts';
import type { AreaChange, AreaEvent, Fix } from './area-fix.ts';

/** Of the time between two positions of an ambulance so much may be waited for those of others, which then share a write with it. */
const gatheringShare = 1 / 4;

/** An ambulance that was in the area. */
interface Track {
  sequence: number;
  isInside: boolean;
  /** When something was told of it, by `Clock.elapsed`; until then the next one waits. */
  toldAt: number;
  /** What is told next. */
  pending: { fix: Fix; change: AreaChange } | null;
  visit: number;
}

export class AreaWatch {
  readonly #area: Area;
  readonly #follower: Follower;
  readonly #clock: Clock;
  /** How long what moves waits for others, milliseconds. */
  readonly #gatherMs: number;
  /** Those that are inside, and those that left less than an interval ago. */
  readonly #tracks = new Map<string, Track>();
  readonly epoch: string;
  #offset = 0;
  #visits = 0;
  /** When the timer is due, by `Clock.elapsed`. */
  #dueAt = Infinity;
  #cancel: (() => void) | null = null;

  constructor(area: Area, follower: Follower, clock: Clock) {
    this.#area = area;
    this.#follower = follower;
    this.#clock = clock;
    this.#gatherMs = area.minIntervalMs * gatheringShare;
    this.epoch = newEpoch(area);
  }

  take(fix: Fix): void {
    const track = this.#tracks.get(fix.despachoId);
    // By another cell it may have come before.
    if (track && fix.sequence < track.sequence) return;
    const wasInside = track?.isInside ?? this.#wasInside(fix);
    const isInside = isShown(this.#area, fix.estado, fix.location);
    if (isInside) {
      if (wasInside && fix.from === fix.location) return;
      this.#tell(this.#trackOf(fix, track), { fix, change: wasInside ? 'MOVED' : 'ENTERED' });
    } else if (wasInside || this.#hasCrossed(fix)) {
      this.#tell(this.#trackOf(fix, track), { fix, change: 'LEFT' });
    }
  }

  /** What has happened meanwhile is not known: all who watch begin anew. */
  lose(): void {
    this.#tracks.clear();
    this.#offset += 1;
    // A part of positions, as the beginning of a log is.
    const began = Number(this.#clock.now());
    this.#follower.onLost({ epoch: newEpoch(this.#area), offset: this.#offset }, began);
  }

  close(): void {
    this.#cancel?.();
    this.#tracks.clear();
  }

  #wasInside({ from, estadoBefore }: Fix): boolean {
    return from !== null && isShown(this.#area, estadoBefore, from);
  }

  /** Whether it was in the area between two positions, of which neither is. */
  #hasCrossed({ from, location, isJump, estado }: Fix): boolean {
    const { box, estado: only } = this.#area;
    if (from === null || isJump || (only !== null && only !== estado)) return false;
    return crosses(box, from, location);
  }

  #trackOf({ despachoId, sequence }: Fix, known: Track | undefined): Track {
    if (known) {
      known.sequence = sequence;
      return known;
    }
    const track: Track = { sequence, isInside: false, toldAt: -Infinity, pending: null, visit: this.#visits };
    this.#tracks.set(despachoId, track);
    return track;
  }

  #tell(track: Track, { fix, change }: { readonly fix: Fix; readonly change: AreaChange }): void {
    track.isInside = change !== 'LEFT';
    // Who was not told yet that it has come is told so, with its newest place.
    track.pending = {
      fix,
      change: track.pending?.change === 'ENTERED' && change === 'MOVED' ? 'ENTERED' : change,
    };
    const now = this.#clock.elapsed();
    const dueAt = track.toldAt + this.#area.minIntervalMs;
    if (change === 'LEFT' || (change === 'ENTERED' && dueAt <= now)) this.#send(track, now);
    if (track.pending) this.#arm(Math.max(dueAt, now + this.#gatherMs), now);
    else if (!track.isInside) this.#arm(track.toldAt + this.#area.minIntervalMs, now);
  }

  #send(track: Track, now: number): void {
    const { fix, change } = track.pending!;
    track.pending = null;
    track.toldAt = now;
    if (change === 'ENTERED') track.visit = this.#visits += 1;
    this.#offset += 1;
    const data: AreaEvent = { fix, change, visit: track.visit };
    this.#follower.onEvent({ id: fix.id, at: fix.at, offset: this.#offset, data });
  }

  /** One timer for all that wait, and for all that are gone and may be forgotten. */
  #arm(dueAt: number, now: number): void {
    if (dueAt >= this.#dueAt) return;
    this.#cancel?.();
    this.#dueAt = dueAt;
    this.#cancel = this.#clock.after(Math.max(1, Math.ceil(dueAt - now)), () => {
      this.#dueAt = Infinity;
      this.#release(this.#clock.elapsed());
    });
  }

  #release(now: number): void {
    let next = Infinity;
    for (const [despachoId, track] of this.#tracks) {
      const dueAt = track.toldAt + this.#area.minIntervalMs;
      if (dueAt > now) {
        if (track.pending || !track.isInside) next = Math.min(next, dueAt);
      } else if (track.pending) this.#send(track, now);
      else if (!track.isInside) this.#tracks.delete(despachoId);
    }
    if (next < Infinity) this.#arm(Math.max(next, now + this.#gatherMs), now);
  }
}

/** Owns the times of a call log: wall-clock times of San Francisco, as instants. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const logTime = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d{2}):(\d{2}) ([AP])M$/;
const isoTime = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/** Wall-clock times of one time zone. Instants are milliseconds since the Unix epoch. */
export interface LocalTime {
  /**
   * Reads `MM/DD/YYYY hh:mm:ss AM|PM`; null when it is no such time. In the hour that autumn repeats it is the first
   * instant not before `notBeforeMs`.
   */
  readLogTime(text: string, notBeforeMs?: number): number | null;
  /** Reads `YYYY-MM-DD`, alone or with `THH:MM` or `THH:MM:SS`; null when it is no such time. */
  readIsoTime(text: string): number | null;
  /** Writes an instant as `MM/DD/YYYY hh:mm:ss AM|PM`. */
  formatLogTime(instantMs: number): string;
}

export function createLocalTime(timeZone = 'America/Los_Angeles'): LocalTime {
  const offsetAt = createOffsets(timeZone);

  /** All instants at which a wall clock of the zone shows this, earliest first; in the hour that spring skips, one. */
  function instantsOf(wallMs: number): number[] {
    const before = offsetAt(wallMs - DAY_MS);
    const after = offsetAt(wallMs + DAY_MS);
    const shown = [before, after]
      .filter((offset, index, all) => all.indexOf(offset) === index)
      .map((offset) => ({ offset, instantMs: wallMs - offset }))
      .filter(({ offset, instantMs }) => offsetAt(instantMs) === offset)
      .map(({ instantMs }) => instantMs)
      .sort((a, b) => a - b);
    return shown.length > 0 ? shown : [wallMs - before];
  }

  return {
    readLogTime(text, notBeforeMs = -Infinity) {
      const wallMs = readLogWallTime(text);
      if (wallMs === null) return null;
      const instants = instantsOf(wallMs);
      return instants.find((instantMs) => instantMs >= notBeforeMs) ?? instants.at(-1) ?? null;
    },
    readIsoTime(text) {
      const match = isoTime.exec(text);
      if (!match) return null;
      const [year, month, day, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0));
      const wallMs = wallTime(year, month, day, hour, minute, second);
      return wallMs === null ? null : (instantsOf(wallMs)[0] ?? null);
    },
    formatLogTime(instantMs) {
      const wall = new Date(instantMs + offsetAt(instantMs));
      const two = (value: number) => String(value).padStart(2, '0');
      const hour = wall.getUTCHours();
      const date = `${two(wall.getUTCMonth() + 1)}/${two(wall.getUTCDate())}/${wall.getUTCFullYear()}`;
      const time = `${two(hour % 12 || 12)}:${two(wall.getUTCMinutes())}:${two(wall.getUTCSeconds())}`;
      return `${date} ${time} ${hour < 12 ? 'AM' : 'PM'}`;
    },
  };
}

function readLogWallTime(text: string): number | null {
  const match = logTime.exec(text);
  if (!match) return null;
  const [month, day, year, hour = 0, minute, second] = match.slice(1, 7).map(Number);
  if (hour < 1 || hour > 12) return null;
  return wallTime(year, month, day, (hour % 12) + (match[7] === 'P' ? 12 : 0), minute, second);
}

/** What a wall clock shows, as if it were UTC; null for a date or time that no calendar has. */
function wallTime(year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0): number | null {
  const wallMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const wall = new Date(wallMs);
  const exists =
    wall.getUTCMonth() === month - 1 &&
    wall.getUTCDate() === day &&
    wall.getUTCHours() === hour &&
    wall.getUTCMinutes() === minute &&
    wall.getUTCSeconds() === second;
  return exists ? wallMs : null;
}

/** The zone's distance from UTC in milliseconds; asked once per hour, since Intl is slow and offsets change on the hour. */
function createOffsets(timeZone: string): (instantMs: number) => number {
  const known = new Map<number, number>();
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (instantMs) => {
    const hourMs = Math.floor(instantMs / HOUR_MS) * HOUR_MS;
    const cached = known.get(hourMs);
    if (cached !== undefined) return cached;
    const parts = new Map(format.formatToParts(hourMs).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const shownMs = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    known.set(hourMs, shownMs - hourMs);
    return shownMs - hourMs;
  };
}

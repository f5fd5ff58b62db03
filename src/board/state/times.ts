/** Formats times, durations and distances. */
import { words } from '../words/words.ts';

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** For example 18:04:12, in the viewer's time zone. */
export const formatTime = (time: string | number): string => clock.format(new Date(time));

/** For example 0:42, 12:05 or 1:03:20. Never negative. */
export function formatSpan(spanMs: number): string {
  const seconds = Math.max(0, Math.floor(spanMs / 1000));
  const pad = (part: number) => String(part).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

const kilometres = new Intl.NumberFormat(words.locale, { maximumSignificantDigits: 2 });
export const formatKm = (km: number): string => kilometres.format(km);

const numbers = new Intl.NumberFormat(words.locale);
export const formatCount = (count: number): string => numbers.format(count);

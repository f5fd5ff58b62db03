/** Dates of ends as they are stored: texts that sort by time, and one that stands for ever. */
import { storedDate } from '../../db/stored-date.ts';

/** The last date that can be stored. */
export const forEver = storedDate(Infinity);

/** The later of a date and one that may be missing. */
export const latest = (date: string, other: string | null | undefined): string =>
  other != null && other > date ? other : date;

export const readDate = (date: string): number => Date.parse(date);

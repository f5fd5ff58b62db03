/** All mistakes that can be made by name: `--mistake NAME` makes one of them, and the simulation finds each. */
import type { Mistake } from './mistake.ts';
import { ofSlots } from './of-slots.ts';
import { ofTheHub } from './of-the-hub.ts';
import { ofTheLog } from './of-the-log.ts';

export const mistakes: Readonly<Record<string, Mistake>> = { ...ofTheLog, ...ofTheHub, ...ofSlots };

/** Attacks that keep to what is allowed. */
import { tAttacks } from '../support/attack/run-attacks.ts';
import { maximum } from './maximum.ts';

tAttacks(maximum);

/** Attacks by answers that are large. */
import { tAttacks } from '../support/attack/run-attacks.ts';
import { results } from './results.ts';

tAttacks(results);

/** Attacks by what is wrong in a way that nobody thought of. */
import { tAttacks } from '../support/attack/run-attacks.ts';
import { mistakes } from './mistakes.ts';

tAttacks(mistakes);

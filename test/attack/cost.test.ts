/** Attacks by operations that ask for much more than they are long. */
import { tAttacks } from '../support/attack/run-attacks.ts';
import { cost } from './cost.ts';

tAttacks(cost);

/** Attacks by who asks for what is not theirs to see. */
import { tAttacks } from '../support/attack/run-attacks.ts';
import { sight } from './sight.ts';

tAttacks(sight);

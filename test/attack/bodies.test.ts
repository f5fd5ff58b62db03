/** Attacks by requests that are as large as they may be. */
import { tAttacks } from '../support/attack/run-attacks.ts';
import { bodies } from './bodies.ts';

tAttacks(bodies);

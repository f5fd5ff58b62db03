/** Attacks by what somebody has to wait for. */
import { tAttacks } from '../support/attack/run-attacks.ts';
import { waits } from './waits.ts';

tAttacks(waits);

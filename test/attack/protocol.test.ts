/** Attacks by messages, frames and requests that are none of the protocols' own. */
import { tAttacks } from '../support/attack/run-attacks.ts';
import { protocol } from './protocol.ts';

tAttacks(protocol);

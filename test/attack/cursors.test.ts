/** Attacks by cursors, on a database with more than any snapshot shows, and by subscriptions to what does not exist. */
import { tAttacks } from '../support/attack/run-attacks.ts';
import { cursors } from './cursors.ts';

tAttacks(cursors);

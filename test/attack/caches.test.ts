/** Attacks by what one caller leaves behind for others. */
import { tAttacks } from '../support/attack/run-attacks.ts';
import { caches } from './caches.ts';

tAttacks(caches);

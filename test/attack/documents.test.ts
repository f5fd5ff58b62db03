/** Attacks by documents that say much more than they are long. */
import { tAttacks } from '../support/attack/run-attacks.ts';
import { documents } from './documents.ts';

tAttacks(documents);

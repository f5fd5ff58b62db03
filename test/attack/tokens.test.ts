/** Attacks by tokens. */
import { tAttacks } from '../support/attack/run-attacks.ts';
import { tokens } from './tokens.ts';

tAttacks(tokens);

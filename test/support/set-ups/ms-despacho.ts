/** Chooses MS Despacho as the record of the module tests that are imported after it. */
import { useSetUp } from '../set-up.ts';

useSetUp('MS Despacho');

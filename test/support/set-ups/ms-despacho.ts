/** Chooses MS Despacho as the place where the dispatches of module tests live that are imported after it. */
import { useSetUp } from '../set-up.ts';

useSetUp('MS Despacho');

/** Chooses PostgreSQL as the database of module tests that are imported after it. */
import { useSetUp } from '../set-up.ts';

useSetUp('PostgreSQL');

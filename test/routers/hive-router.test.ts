/** Proves that queries, joins, mutations and errors come through a real Hive Router, with the configuration that is recommended. */
import { tHiveRouter } from '../support/routers/hive-router.ts';
import { testOperations } from '../support/routers/operations.ts';
import { hiveRouter } from '../support/routers/programs.ts';
import { describeThrough } from '../support/routers/tests.ts';

describeThrough(hiveRouter, () => testOperations(() => tHiveRouter('event stream')));

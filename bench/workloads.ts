/** Lists the workloads, in the order in which they are run. */
import { board } from './workloads/board.ts';
import { hot } from './workloads/hot.ts';
import { http } from './workloads/http.ts';
import { idle } from './workloads/idle.ts';
import { load } from './workloads/load.ts';
import { many, manyBusy } from './workloads/many.ts';
import { mixed } from './workloads/mixed/mixed.ts';
import { storm } from './workloads/storm.ts';
import type { Workload } from './workloads/workload.ts';

export const workloads: readonly Workload[] = [hot, board, many, manyBusy, mixed, storm, idle, http, load];

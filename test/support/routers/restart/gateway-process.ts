/** Runs Hive Gateway as a process of its own. */
import { resolve } from 'node:path';
import type { GatewayProgramOptions } from '../../gateway-program.ts';
import { tRouterProcess, type RouterProcess } from '../router-process.ts';

const program = resolve(import.meta.dirname, '../../gateway-program.ts');

/** It ends with the test. */
export const tGatewayProcess = (options: GatewayProgramOptions): Promise<RouterProcess> =>
  tRouterProcess({
    program: process.execPath,
    args: [program],
    env: {},
    files: { 'gateway.json': JSON.stringify(options) },
    healthUrl: `http://127.0.0.1:${options.port}/readiness`,
  });

/** What people call a process: its machine, or its pod, and its process id, as both stand in its log. */
import { hostname } from 'node:os';

export const processName = (): string => `${hostname()}/${process.pid}`;

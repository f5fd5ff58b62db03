/** How many descriptors this process may have, and has: each connection and each open file is one. */
import { readdirSync, readFileSync } from 'node:fs';

/** Null where the system does not say, and where it sets none. Node itself raises its limit as far as it may. */
export function readDescriptorLimit(): number | null {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? null : Number(limit);
  } catch {
    // No Linux.
    return null;
  }
}

/** Those that are open, or null where the system does not say. */
export function countDescriptors(): number | null {
  try {
    // The folder itself is open while it is read.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return null;
  }
}

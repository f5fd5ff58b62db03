/** A clock on the wall that a test sets, for a real process: Debian's faketime moves it, and leaves what the process measures with. */
import { readdirSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';

const undos: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0)) await undo();
});

const library = 'faketime/libfaketimeMT.so.1';

/** `/usr/lib/x86_64-linux-gnu` and its like. */
function findLibrary(): string {
  const folders = readdirSync('/usr/lib', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const folder = folders.find(({ name }) => {
    try {
      return readdirSync(join('/usr/lib', name, 'faketime')).length > 0;
    } catch {
      return false;
    }
  });
  if (!folder) throw new Error('faketime is not installed.');
  return join('/usr/lib', folder.name, library);
}

export interface SetClock {
  /** What a process gets into its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets it: so many seconds ahead of the clock of this machine, or behind it where they are negative. */
  set(aheadSeconds: number): Promise<void>;
  /** From now on it goes so many times as fast as that of this machine. */
  drift(factor: number): Promise<void>;
}

export async function tSetClock(aheadSeconds = 0): Promise<SetClock> {
  const folder = await mkdtemp(join(tmpdir(), 'dispatch-clock-'));
  undos.push(() => rm(folder, { recursive: true }));
  const file = join(folder, 'clock');
  const say = async (text: string) => {
    // Put in place as a whole: the process may read it at any moment.
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };
  const signed = (seconds: number) => `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}`;
  await say(signed(aheadSeconds));
  return {
    env: {
      LD_PRELOAD: findLibrary(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set: (seconds) => say(signed(seconds)),
    drift: (factor) => say(`+0 x${factor}`),
  };
}

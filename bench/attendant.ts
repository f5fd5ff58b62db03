/** Owns what every server of the bench is loaded with: it collects garbage and profiles itself when told to, and ends with the bench. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { dirname } from 'node:path';
import { answerParent } from './answering.ts';

const samplingUs = 200;
const session = new Session();

const commands = {
  /** Frees what is not held, down to pages that are hardly used: what stays resident is what connections cost. */
  async collect(_input: null): Promise<null> {
    for (let round = 0; round < 3; round += 1)
      await globalThis.gc!({ type: 'major', execution: 'async', flavor: 'last-resort' });
    return null;
  },

  async startProfile(_input: null): Promise<null> {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: samplingUs });
    await session.post('Profiler.start');
    return null;
  },

  /** Writes what the CPU was used for since `startProfile`, in the form that browsers read. */
  async stopProfile({ file }: { readonly file: string }): Promise<null> {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(profile));
    return null;
  },
};
export type AttendantCommands = typeof commands;

answerParent(commands);
// Attending is no reason to go on.
process.channel?.unref();

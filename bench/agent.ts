/** Is loaded into every server of the bench (`--import`): collects garbage and writes CPU profiles on command, and exits with the bench. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { dirname } from 'node:path';
import { answerParent } from './answering.ts';

const samplingUs = 200;
const session = new Session();

const commands = {
  /** Frees all garbage, memory pages that are hardly used included: the resident memory that is left is what connections cost. */
  async collect(_input: null): Promise<null> {
    for (let round = 0; round < 3; round += 1)
      await globalThis.gc!({ type: 'major', execution: 'async', flavor: 'last-resort' });
    return null;
  },

  /** The bytes of V8's heap that are in use after all garbage was freed. */
  async heapBytes(_input: null): Promise<number> {
    await globalThis.gc!({ type: 'major', execution: 'async' });
    return process.memoryUsage().heapUsed;
  },

  async startProfile(_input: null): Promise<null> {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: samplingUs });
    await session.post('Profiler.start');
    return null;
  },

  /** Writes a profile of the CPU time since `startProfile`, in the format that Chrome's developer tools open. */
  async stopProfile({ file }: { readonly file: string }): Promise<null> {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(profile));
    return null;
  },
};
export type AgentCommands = typeof commands;

answerParent(commands);
// The channel to the parent alone must not keep a server running.
process.channel?.unref();

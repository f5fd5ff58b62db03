/** Owns what every server of the bench is loaded with: it collects garbage when told to, and ends with the bench. */
import { answerParent } from './answering.ts';

const commands = {
  /** Frees what is not held, so that what stays resident is what connections cost. */
  collect(_input: null): null {
    for (let round = 0; round < 3; round += 1) globalThis.gc!();
    return null;
  },
};
export type AttendantCommands = typeof commands;

answerParent(commands);
// Attending is no reason to go on.
process.channel?.unref();

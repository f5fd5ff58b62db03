/** Has a child process of the bench answer the commands of its parent, and exit with it. */

/** The commands of a child process, by name. Each answers with something that JSON can carry. */
export type Commands = Readonly<Record<string, (input: never) => unknown>>;

export interface Command {
  readonly number: number;
  readonly name: string;
  readonly input: unknown;
}

export type Answer =
  { readonly number: number; readonly result: unknown } | { readonly number: number; readonly error: string };

export function answerParent(commands: Commands): void {
  process.on('message', (command: Command) => void answer(commands, command));
  process.on('disconnect', () => process.exit());
  // If the parent exited while this file was being loaded, 'disconnect' was emitted before anybody listened.
  if (!process.connected) process.exit();
}

async function answer(commands: Commands, { number, name, input }: Command): Promise<void> {
  let reply: Answer;
  try {
    reply = { number, result: await (commands[name] as (input: unknown) => unknown)(input) };
  } catch (error) {
    reply = { number, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  process.send!(reply);
}

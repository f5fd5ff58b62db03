/** Runs a command: prints its help, tells the user in words what went wrong, and sets the exit code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { didYouMean } from '../lib/text/did-you-mean.ts';

/** The command line, or a file that it names, cannot be used. The message is meant for the user. */
export class UsageError extends Error {}

type ErrorClass = abstract new (...args: never[]) => Error;

export interface Command {
  /** One screen of text, in which an example of the command stands in a line of its own. */
  readonly usage: string;
  /** Resolves with the exit code. */
  readonly run: (args: readonly string[]) => number | Promise<number>;
  /** Other errors whose message is meant for the user, and the exit codes that they end with. */
  readonly exitCodes?: readonly (readonly [ErrorClass, number])[];
}

const usageExitCode = 2;

/** Runs it with the arguments of this process. An error that nobody has foreseen is not caught. */
export async function runCommand(command: Command): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Such as `head`, which has read enough.
    if (error.code === 'EPIPE') process.exit();
    process.stderr.write(`${explainFileError(error, 'The standard output')}\n`);
    process.exit(usageExitCode);
  });
  const args = process.argv.slice(2);
  if (asksForHelp(args)) {
    process.stdout.write(`${command.usage.trimEnd()}\n`);
    return;
  }
  try {
    process.exitCode = await command.run(args);
  } catch (error) {
    const { message, exitCode } = explain(command, error);
    process.stderr.write(`${message}\n`);
    process.exitCode = exitCode;
  }
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? undefined : end).some((arg) => arg === '--help' || arg === '-h');
}

function explain({ usage, exitCodes = [] }: Command, error: unknown) {
  if (error instanceof UsageError) {
    const example = /^ {0,2}(npm .+?)(?: {3}|$)/m.exec(usage)?.[1];
    return { message: `${error.message} (${example}; --help says more)`, exitCode: usageExitCode };
  }
  const [, exitCode] = exitCodes.find(([errorClass]) => error instanceof errorClass) ?? [];
  if (exitCode !== undefined) return { message: (error as Error).message, exitCode };
  const aboutFile = explainFileError(error);
  if (aboutFile === null) throw error;
  return { message: aboutFile, exitCode: usageExitCode };
}

const fileProblems: Readonly<Record<string, string>> = {
  EACCES: 'this user may not do that',
  EEXIST: 'there is something in its place',
  EISDIR: 'it is a folder, and not a file',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is a file, and not a folder',
  EPERM: 'this user may not do that',
  EROFS: 'nothing can be written there',
};

/** What is wrong with a file, in words; null for an error of something else. `file`: where the system does not say which. */
export function explainFileError(error: unknown, file?: string): string | null {
  const { path = file, code = '' } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || path === undefined) return null;
  return `${path} cannot be used: ${fileProblems[code] ?? `the system says ${code}`}.`;
}

/** For a command that has something to put back or to remove: Ctrl-C ends the program that it runs, since the terminal tells that, too. */
export function outliveInterrupts(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
}

/** The text of a file that the user named. */
export const readGivenFile = (file: string): string => naming(file, () => readFileSync(file, 'utf8'));

/** Writes a file that the user named. */
export const writeGivenFile = (file: string, text: string): void =>
  naming(file, () => writeFileSync(file, text));

/** The system names no file where a folder is read, or a disk is full. */
function naming<T>(path: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw Object.assign(error as Error, { path });
  }
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** @throws UsageError that names the option which is wrong */
export function parseCommandLine<const T extends Options>(args: readonly string[], options: T) {
  return parse(args, options, false).values;
}

/** The same where arguments may stand beside the options. */
export function parseWithPositionals<const T extends Options>(args: readonly string[], options: T) {
  return parse(args, options, true);
}

function parse<const T extends Options>(args: readonly string[], options: T, allowPositionals: boolean) {
  try {
    return parseArgs<{ options: T; strict: true; allowPositionals: boolean }>({
      ...{ args: [...args], options, allowPositionals },
      strict: true,
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('ERR_PARSE_ARGS')) throw error;
    throw new UsageError(explainArgument(message, Object.keys(options)), { cause: error });
  }
}

/** Node explains at length how to pass a value that looks like an option. */
function explainArgument(message: string, names: readonly string[]): string {
  const [problem = ''] = message.split(/\.\s|\n/, 1);
  const unknown = /^Unknown option '--([^']+)'/.exec(problem)?.[1];
  const meant = unknown === undefined ? undefined : didYouMean(unknown, names);
  if (meant !== undefined) return `${problem}. Did you mean --${meant}?`;
  const option = /'(?:-\w, )?(--[\w-]+)[^']*' argument is ambiguous/.exec(problem)?.[1];
  const hint = option ? `: a value that begins with a dash is written ${option}=VALUE` : '';
  return `${problem.replace(/\.$/, '')}${hint}.`;
}

/** As people write numbers: `Number` reads more, such as an empty text as 0, and `0x10`. */
const decimal = /^\d+(?:\.\d+)?$/;

export interface NumberBounds {
  readonly min: number;
  readonly max: number;
  /** Default true. */
  readonly isWhole?: boolean;
  /** A word that the caller takes in place of a number, for the message. */
  readonly orWord?: string;
}

/** The number that an option was given. @throws UsageError that says which it may be */
export function readNumber(
  option: string,
  text: string,
  { min, max, isWhole = true, orWord }: NumberBounds,
): number {
  const value = decimal.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max) || (isWhole && !Number.isInteger(value)))
    throw new UsageError(
      `${option} is "${text}". It must be ${isWhole ? 'a whole number' : 'a number'} from ${min} to ${max}` +
        `${orWord === undefined ? '' : `, or ${orWord}`}.`,
    );
  return value;
}

/** Reads the command lines of test commands. */
import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Ends the process where a command line cannot be used: with its usage, and code 2. */
export type Refuse = () => never;

/**
 * The options as they were given, and what refuses them. `--help` prints the usage and ends the process; an option that there is not
 * is refused.
 */
export function readCommandLine<const T extends Options>(usage: string, options: T) {
  const refuse: Refuse = () => {
    console.error(usage);
    process.exit(2);
  };
  const read = () => {
    try {
      return parseArgs<{ options: T }>({ options }).values;
    } catch {
      return refuse();
    }
  };
  if (process.argv.slice(2).includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  return { values: read(), refuse };
}

/** The number that was given, as `isRight` says that it has to be. */
export function readNumber(text: string, isRight: (number: number) => boolean, refuse: Refuse): number {
  const number = Number(text);
  return isRight(number) ? number : refuse();
}

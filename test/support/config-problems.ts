/** What a configuration is refused for. */
import { ConfigError, parseConfig } from '../../src/config/config.ts';

/** The variables that an environment has problems with, as `NAME problem`. */
export function problemsOf(env: Record<string, string>): string[] {
  try {
    parseConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ variable, problem }) => `${variable} ${problem}`);
  }
}

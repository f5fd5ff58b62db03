/** Lints schema/ by ESLint with the rules of eslint.schema.js. */
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { schemaFolder, type SourceLine } from '../supergraph/sdl-files.ts';

export interface LintProblem {
  readonly rule: string;
  readonly message: string;
  readonly at: SourceLine;
}

export async function lintSchema(root: string): Promise<readonly LintProblem[]> {
  // A configuration of its own: that of the whole project takes seconds to load what only TypeScript needs.
  const eslint = new ESLint({ cwd: root, overrideConfigFile: join(root, 'eslint.schema.js') });
  const results = await eslint.lintFiles([`${schemaFolder}/*.graphql`]);
  return results.flatMap(({ filePath, messages }) => {
    const file = filePath.slice(root.length + 1).replaceAll('\\', '/');
    return messages.map(({ ruleId, message, line }) => ({
      rule: ruleId?.replace('@graphql-eslint/', '') ?? 'parser',
      message,
      at: { file, line },
    }));
  });
}

/** Asks lint which imports it refuses in a file, which need not exist. */
import { join, relative, resolve } from 'node:path';
import { ESLint } from 'eslint';

export const root = resolve(import.meta.dirname, '../..');
const rule = 'import-x/no-restricted-paths';

/** Lint with the configuration of the project, without the rules that need types, which take long. */
const eslint = new ESLint({
  cwd: root,
  ignore: false,
  ruleFilter: ({ ruleId }) => ruleId === rule,
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
});

/** The problems with imports in existing files, including those that lint ignores. */
export async function complaintsAbout(files: string): Promise<readonly string[]> {
  const results = await eslint.lintFiles(files);
  return results.flatMap(({ messages }) => messages.map(({ message }) => message));
}

/** The `imports` that are refused in `file`; all paths are relative to the project. */
export async function refusedImports(file: string, imports: readonly string[]): Promise<readonly string[]> {
  const lines = imports.map((path) => {
    const specifier = relative(join(file, '..'), path);
    return `import '${specifier.startsWith('.') ? specifier : `./${specifier}`}';`;
  });
  const [result] = await eslint.lintText(lines.join('\n'), { filePath: join(root, file) });
  const refused = new Set<number>();
  for (const { ruleId, line, message } of result?.messages ?? []) {
    if (ruleId !== rule) throw new Error(message);
    refused.add(line);
  }
  return imports.filter((_path, index) => refused.has(index + 1));
}

/** The command `npm run test:on`: runs tests on other programs than `npm test` finds, and notes in tested.json what passed on them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { parseCommandLine, runCommand, UsageError } from '../../src/cli/command.ts';
import { fetchNode, pathWith } from './fetch.ts';
import { onOtherNodes, testedSets, type TestedSet } from './sets.ts';
import { versionOf, writeTable, writeTested, type TestedRun } from './tested.ts';

const usage = `npm run test:on -- 26 | ${testedSets.map(({ name }) => name).join(' | ')} [path of a test, option of Jest] …

Runs types, unit and contract tests on another Node, which is named by its version, or the tests of what another server is for:
${testedSets.map(({ name, from }) => `  ${name.padEnd(12)}${from.name} ${from.version} of ${from.registry}`).join('\n')}
Programs come from packages, into a folder outside of the tree. What passed is noted in test/on/tested.json, and in
docs/deployment.md; with a path or an option only those tests are run, and nothing is noted.

  --help      this text`;

const root = resolve(import.meta.dirname, '../..');

/** What is run, and with what. */
interface Plan extends Pick<TestedRun, 'on' | 'versions' | 'proves'> {
  readonly node: string;
  readonly env: NodeJS.ProcessEnv;
  readonly tests: readonly string[];
  readonly leavesOut?: TestedSet['leavesOut'];
  /** Of TypeScript, which are checked before. */
  readonly projects: readonly string[];
}

function planForNode(version: string): Plan {
  const node = fetchNode(version);
  return {
    node,
    // Programs that the tests start by the name `node` run on it too.
    env: { ...process.env, PATH: [dirname(node), process.env['PATH']].join(delimiter) },
    ...{ on: version, versions: versionOf(node), proves: 'types, units, contracts of all stores' },
    tests: onOtherNodes.map((name) => `test/${name}/`),
    projects: ['.', 'src/board'],
  };
}

function planFor({ name, program, from, proves, tests, leavesOut }: TestedSet): Plan {
  const env = { ...process.env, PATH: pathWith(from) };
  const versions = versionOf(program, env);
  return {
    ...{ node: process.execPath, env, on: name, versions, proves, tests, projects: [] },
    ...(leavesOut && { leavesOut }),
  };
}

/** Ends this process where it fails. */
function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit', env });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

async function runAll({ node, env, tests, leavesOut, projects, ...said }: Plan): Promise<void> {
  for (const project of projects) run(node, ['node_modules/typescript/bin/tsc', '--project', project], env);
  const folder = mkdtempSync(join(tmpdir(), 'tested-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const report = join(folder, 'report.json');
  const chosen = leavesOut ? ['--testNamePattern', `^(?!.*(?:${leavesOut.source}))`] : [];
  run(node, ['test/run.ts', ...tests, ...chosen, '--json', `--outputFile=${report}`], env);
  const { numPassedTests } = JSON.parse(readFileSync(report, 'utf8')) as { readonly numPassedTests: number };
  writeTested({ ...said, tests: numPassedTests, date: new Date().toISOString().slice(0, 10) });
  await writeTable();
}

async function start([name = '', ...more]: readonly string[]): Promise<number> {
  if (name.startsWith('-')) parseCommandLine([name], {});
  const set = testedSets.find((one) => one.name === name);
  if (!set && !/^\d+(\.\d+){0,2}$/.test(name))
    throw new UsageError(
      `"${name}" is neither ${testedSets.map((one) => one.name).join(', ')} nor a version of Node.`,
    );
  const plan = set ? planFor(set) : planForNode(name);
  console.log(`on ${plan.versions}`);
  if (more.length > 0) run(plan.node, ['test/run.ts', ...more], plan.env);
  else await runAll(plan);
  return 0;
}

// What a registry does not have is said as npm and pip say it.
await runCommand({ usage, run: start, exitCodes: [[Error, 1]] });

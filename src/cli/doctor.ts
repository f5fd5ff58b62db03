/** The command `npm run doctor`: checks whether a deployment would work, and says what to do where it would not. */
import { ConfigError, parseConfig, readEnv, type Config } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { version } from '../observability/version.ts';
import { parseCommandLine, runCommand } from './command.ts';
import { examineCursors } from './doctor/cursors.ts';
import { examineDeployment } from './doctor/deployment.ts';
import { examineExposure } from './doctor/exposure.ts';
import type { Finding } from './doctor/finding.ts';
import { examineMachine } from './doctor/machine.ts';
import { examineNetwork } from './doctor/network.ts';
import { examinePostgres } from './doctor/postgres.ts';
import { examineRedis } from './doctor/redis.ts';
import { examineServices } from './doctor/services.ts';

const usage = `Checks everything that the service would depend on, with the environment and .env that it would read: configuration,
Redis, PostgreSQL, key set, other services, clocks, port, files, families of addresses. Changes nothing.

  npm run -s doctor
  docker run --rm --env-file .env dispatch-subgraph node src/cli/doctor.ts

  --explain FILE    only: what the operations of a file cost, and whether they may run (- reads the standard input)
  --variables JSON  the variables of these operations
  --quiet           only warnings and problems
  --help            this text

Exit codes: 0 no problem (there may be warnings), 1 at least one problem, 2 the command line cannot be used.
`;

const options = {
  explain: { type: 'string' },
  variables: { type: 'string', default: '{}' },
  quiet: { type: 'boolean', default: false },
} as const;

const signs = { ok: 'ok     ', warning: 'warning', problem: 'PROBLEM' } as const;

function readConfig(): Config | readonly Finding[] {
  try {
    return parseConfig(readEnv());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ variable, problem, allowed }) => ({
      level: 'problem',
      part: 'configuration',
      says: `${variable} ${problem}`,
      advice: `Allowed: ${allowed}.`,
    }));
  }
}

async function examineAll(config: Config): Promise<readonly Finding[]> {
  const warnings = config.warnings.map((says): Finding => ({
    level: 'warning',
    part: 'configuration',
    says,
  }));
  const says = `allows a start of version ${version}`;
  const configuration: Finding = { level: 'ok', part: 'configuration', says };
  const looks = [
    examineExposure,
    examineMachine,
    examineNetwork,
    examineRedis,
    examinePostgres,
    examineDeployment,
    examineCursors,
    examineServices,
  ];
  const found = await Promise.all(looks.map((look) => look(config, systemClock)));
  return [configuration, ...warnings, ...found.flat()];
}

function print(findings: readonly Finding[], quiet: boolean): void {
  for (const { level, part, says, advice } of findings) {
    if (quiet && level === 'ok') continue;
    process.stdout.write(`${signs[level]}  ${part}: ${says}\n`);
    if (advice !== undefined) process.stdout.write(`         ${advice}\n`);
  }
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  process.stdout.write(`${count('problem')} problem(s), ${count('warning')} warning(s).\n`);
}

async function look(
  config: Config,
  { explain: file, variables }: { readonly explain?: string | undefined; readonly variables: string },
): Promise<readonly Finding[]> {
  if (file === undefined) return examineAll(config);
  // The schema takes a moment to load, and nobody else needs it.
  const { explain, ExplainError } = await import('./doctor/explain.ts');
  try {
    return explain(config, file, variables);
  } catch (error) {
    if (!(error instanceof ExplainError)) throw error;
    return [{ level: 'problem', part: 'explain', says: error.message }];
  }
}

async function run(args: readonly string[]): Promise<number> {
  const values = parseCommandLine(args, options);
  const config = readConfig();
  const findings = 'http' in config ? await look(config, values) : config;
  print(findings, values.quiet);
  return findings.some(({ level }) => level === 'problem') ? 1 : 0;
}

/** Whoever runs it may know nothing of the code: they get a sentence, whatever happens. */
function fail(error: unknown): void {
  const says = error instanceof Error ? error.message : String(error);
  print([{ level: 'problem', part: 'doctor', says }], false);
  process.exitCode = 1;
}

// Such as one of a connection that nobody waits for.
process.on('uncaughtException', fail);
await runCommand({ usage, run }).catch(fail);

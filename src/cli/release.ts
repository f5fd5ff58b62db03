/** The command `npm run release`: makes a release of what is on main, as a commit and a tag. Pushes nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../lib/clock.ts';
import { outliveInterrupts, parseWithPositionals, runCommand, UsageError } from './command.ts';
import { findObstacles, planRelease, RefusedError, type Plan } from './release/plan.ts';
import { CommandError, Repository } from './release/repository.ts';
import { steps, VersionError } from './release/version.ts';

const usage = `Makes a release of what is on main: runs the checks, writes the version into package.json, the lock file and other files
that name it, turns "Unreleased" of CHANGELOG.md into a section for it with the commits since the last tag, writes the
SBOM (dist/sbom.cdx.json), commits, and makes an annotated tag. Does all of it or nothing, and pushes nothing.

  npm run release -- minor
  npm run -s release -- 2.0.0 --dry-run

  major       for a change that others have to react to, such as a breaking change of the schema
  minor       for new features
  patch       for fixes only
  X.Y.Z       this version; it must be newer than the current one

  --dry-run     only show what would be done
  --skip-check  do not run \`npm run check\`, when it has just passed
  --help        this text

Refuses when the branch is not main, there are uncommitted changes, the version exists or is not newer, there are no commits
since the last tag, or \`npm run check\` or \`npm run sbom\` fails.
Exit codes: 0 done, 1 refused, 2 the command line cannot be used.
`;

const options = {
  'dry-run': { type: 'boolean', default: false },
  'skip-check': { type: 'boolean', default: false },
} as const;

const say = (text: string) => process.stdout.write(`${text}\n`);

function describePlan({ present, version, tag, notes, files }: Plan, withCheck: boolean): string {
  const written = ['package.json', 'package-lock.json', ...files.keys()].join(', ');
  const doing = [
    ...(withCheck ? ['npm run check'] : []),
    `write ${version} instead of ${present} into ${written}`,
    'npm run sbom',
    `commit "Release ${version}"`,
    `tag ${tag}, with these notes:`,
  ];
  return [...doing.map((step, index) => `${index + 1}. ${step}`), '', notes.trim()].join('\n');
}

/** Makes the release. When a step fails, or is interrupted, the repository is left as it was before. */
function carryOut(root: string, repository: Repository, { version, tag, notes, files }: Plan): void {
  outliveInterrupts();
  const { head } = repository;
  const written = ['package.json', 'package-lock.json', ...files.keys()];
  try {
    for (const [path, text] of files) writeFileSync(join(root, path), text);
    repository.setPackageVersion(version);
    repository.npmRun('sbom');
    repository.commit(`Release ${version}`, written);
    repository.tag(tag, `${version}\n\n${notes}`);
  } catch (error) {
    repository.restore(head, written);
    throw error;
  }
}

async function release(wanted: string, isDryRun: boolean, withCheck: boolean): Promise<void> {
  const root = process.cwd();
  const repository = new Repository(root);
  const today = new Date(systemClock.now()).toISOString().slice(0, 10);
  const plan = await planRelease(root, repository, wanted, today);
  if (isDryRun) {
    say(describePlan(plan, withCheck));
    return;
  }
  if (withCheck) {
    const { head } = repository;
    repository.npmRun('check');
    const reasons = findObstacles(repository);
    if (repository.head !== head) reasons.push('There are new commits since the checks began.');
    if (reasons.length > 0) throw new RefusedError(reasons);
  }
  carryOut(root, repository, plan);
  say(
    `${plan.version} is released in this repository, as the tag ${plan.tag}; dist/sbom.cdx.json is its SBOM.`,
  );
  say('To publish it:  git push --follow-tags origin main');
  say(`To undo it before that:  git tag --delete ${plan.tag} && git reset --hard HEAD~1`);
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseWithPositionals(args, options);
  const [wanted, ...rest] = positionals;
  if (wanted === undefined || rest.length > 0)
    throw new UsageError(`One of ${steps.join(', ')} or a version is needed.`);
  await release(wanted, values['dry-run'], !values['skip-check']);
  return 0;
}

await runCommand({
  ...{ usage, run },
  exitCodes: [
    [RefusedError, 1],
    [CommandError, 1],
    [VersionError, 2],
  ],
});

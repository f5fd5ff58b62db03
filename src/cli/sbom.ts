/** The command `npm run sbom`: has npm list the packages that ship (an SBOM), and checks their licences. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outliveInterrupts, parseCommandLine, runCommand } from './command.ts';
import { mebibyte } from '../lib/memory/bytes.ts';
import { CommandError } from './release/repository.ts';

const usage = `Lists the packages that ship, with their licences: dist/sbom.cdx.json (CycloneDX) and dist/licences.md.

  npm run sbom

  --help   this text

Exit codes: 0 all licences are allowed, 1 one is not, or npm fails, 2 the command line cannot be used.
`;

const folder = 'dist';

/** Licences that ask only for their text to be kept with the software. */
const allowed = [
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Python-2.0',
];

interface Component {
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string };
    readonly expression?: string;
  }[];
}

/**
 * Makes an SBOM in the CycloneDX format of everything that runs in production. `npm sbom --omit` would leave out most of it
 * where the development packages are installed too, so npm gets a package.json and a lock file without those.
 */
function createSbom(name: string): string {
  const outer = mkdtempSync(join(tmpdir(), 'sbom-'));
  // npm takes the name of the folder as the name of the software.
  const work = join(outer, name);
  mkdirSync(work);
  outliveInterrupts();
  const npm = (...args: string[]) => {
    const how = { cwd: work, encoding: 'utf8', maxBuffer: 64 * mebibyte } as const;
    const { error, status, stdout } = spawnSync('npm', args, {
      ...how,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (error) throw error;
    if (status !== 0) throw new CommandError(`npm ${args[0]}`);
    return stdout;
  };
  try {
    for (const file of ['package.json', 'package-lock.json']) cpSync(file, join(work, file));
    npm('pkg', 'delete', 'devDependencies', 'optionalDependencies', 'workspaces');
    npm('install', '--package-lock-only', '--ignore-scripts', '--loglevel', 'error');
    return npm('sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--loglevel', 'error');
  } finally {
    rmSync(outer, { recursive: true });
  }
}

const nameOf = ({ group, name }: Component) => (group ? `${group}/${name}` : name);

function licenceOf({ licenses = [] }: Component): string {
  const names = licenses.map(({ license, expression }) => license?.id ?? license?.name ?? expression ?? '');
  return names.join(' AND ');
}

/** Of licences joined by OR one must be allowed, of those joined by AND all. */
function isAllowed(licence: string): boolean {
  const alternatives = licence.replaceAll(/[()]/g, '').split(' OR ');
  return alternatives.some((all) => all.split(' AND ').every((one) => allowed.includes(one.trim())));
}

function formatLicences(components: readonly Component[]): string {
  const rows = components.map((component) => [nameOf(component), component.version, licenceOf(component)]);
  const lines = rows.map((row) => `| ${row.join(' | ')} |`).sort();
  return ['| package | version | licence |', '| --- | --- | --- |', ...lines, ''].join('\n');
}

function run(args: readonly string[]): number {
  parseCommandLine(args, {});
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { name: string; version: string };
  const sbom = createSbom(manifest.name);
  const { components } = JSON.parse(sbom) as { components: readonly Component[] };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'sbom.cdx.json'), sbom);
  writeFileSync(join(folder, 'licences.md'), formatLicences(components));
  const refused = components.filter((component) => !isAllowed(licenceOf(component)));
  process.stdout.write(
    `${components.length} packages ship with ${manifest.version}: ${folder}/sbom.cdx.json, ${folder}/licences.md\n`,
  );
  for (const component of refused)
    process.stderr.write(
      `${nameOf(component)} has the licence "${licenceOf(component)}", which is not in the list of allowed licences.\n`,
    );
  return refused.length > 0 ? 1 : 0;
}

await runCommand({ usage, run, exitCodes: [[CommandError, 1]] });

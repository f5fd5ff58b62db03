/** Which Rust compiles a router. */
import { spawnSync } from 'node:child_process';
import { hiveRouter, type RouterProgram } from './programs.ts';

/** What Hive Router wants, and the nightly of that version with which it was seen to build. */
const hiveNeeds = { major: 1, minor: 97 };
const pinned = 'nightly-2026-05-20';

/** The first argument of cargo, where rustup picks the Rust; none where the cargo on the PATH is to be taken as it is. */
export function chooseToolchain(router: RouterProgram): readonly string[] {
  if (run('cargo', ['--version']) === undefined)
    throw new Error(
      `${router.name} is built by cargo, which is not on the PATH: install Rust, for example by rustup.`,
    );
  const hasRustup = run('rustup', ['--version']) !== undefined;
  if (router !== hiveRouter)
    return hasRustup && isNewEnough('stable', { major: 1, minor: 0 }) ? ['+stable'] : [];
  const found = hasRustup && [pinned, 'stable', 'nightly'].find((name) => isNewEnough(name, hiveNeeds));
  if (found) return [`+${found}`];
  if (isNewEnough(undefined, hiveNeeds)) return [];
  if (!hasRustup)
    throw new Error(
      `Hive Router wants Rust ${hiveNeeds.major}.${hiveNeeds.minor}: install it, or rustup and its toolchain ${pinned}.`,
    );
  const { status } = spawnSync('rustup', ['toolchain', 'install', pinned, '--profile', 'minimal'], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0)
    throw new Error(`rustup could not install ${pinned}, which Hive Router wants (see above).`);
  return [`+${pinned}`];
}

/** Whether a toolchain is installed, and has at least this version. Without a name: whether the Rust on the PATH has. */
function isNewEnough(
  toolchain: string | undefined,
  { major, minor }: { readonly major: number; readonly minor: number },
): boolean {
  const [, hasMajor, hasMinor] =
    /^rustc (\d+)\.(\d+)\./.exec(
      run('rustc', [...(toolchain ? [`+${toolchain}`] : []), '--version']) ?? '',
    ) ?? [];
  return Number(hasMajor) > major || (Number(hasMajor) === major && Number(hasMinor) >= minor);
}

/** What a program prints; undefined where it is missing or fails. rustup installs nothing by the way. */
function run(program: string, args: readonly string[]): string | undefined {
  const env = { ...process.env, RUSTUP_AUTO_INSTALL: '0' };
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', env });
  return status === 0 ? stdout : undefined;
}

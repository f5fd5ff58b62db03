/** Runs an image's command as Kubernetes would: as its user, on a tree that nobody may write to, as the first of its processes. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { BuiltImage } from './built-image.ts';
import { tServerProcess, type Exit, type ServerProcess } from './server-process.ts';

/** Makes the tree read-only but for /data, and becomes whoever the image says, without a way to more rights. */
const enter = `set -e
root=$1; shift
mount --bind "$root" "$root"
mount --options remount,ro,bind "$root"
mount --types tmpfs --options uid=1000,gid=1000,mode=700 tmpfs "$root/data"
mount --types proc proc "$root/proc"
mount --rbind /dev "$root/dev"
exec chroot "$root" setpriv --reuid=1000 --regid=1000 --clear-groups --no-new-privs --bounding-set=-all --pdeathsig=KILL \\
  sh -c 'cd "$0" && exec "$@"' "$@"`;
const apart = ['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', enter, 'enter'] as const;

/** Why no container can be run here; undefined where it can. */
export function whyNoContainer({ path }: BuiltImage): string | undefined {
  const { status, stderr, error } = spawnSync(apart[0], [...apart.slice(1), path, '/', 'true'], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : (error?.message ?? stderr);
}

/** Starts the service of the image with this environment besides its own; it is killed after the test. */
export async function tContainer(image: BuiltImage, env: Record<string, string>): Promise<ServerProcess> {
  const { Env, Entrypoint, Cmd, WorkingDir } = image.config;
  const own = Object.fromEntries(Env.map((each) => each.split(/=(.*)/s).slice(0, 2) as [string, string]));
  const command = [...apart, image.path, WorkingDir, ...Entrypoint, ...Cmd];
  return tServerProcess({ ...own, ...env, HOST: '127.0.0.1' }, { command });
}

/** Ends it as Kubernetes does, which signals the first process of the container. */
export async function stopContainer({ pid, ended }: ServerProcess): Promise<Exit> {
  const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number);
  process.kill(first!, 'SIGTERM');
  return ended;
}

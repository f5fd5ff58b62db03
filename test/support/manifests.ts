/** Reads the manifests of k8s/: rendered by kubectl, or file by file. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';

export const k8s = resolve(import.meta.dirname, '../../k8s');

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

export const overlays = ['dev', 'production', 'production-ingress'] as const;
export type Overlay = (typeof overlays)[number];

export const hasKubectl = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0;

export const renderOverlay = (overlay: Overlay): Manifest[] =>
  renderKustomization(join(k8s, 'overlays', overlay));

/** What `kubectl apply --kustomize` would send. Throws the message of kubectl. */
export function renderKustomization(path: string): Manifest[] {
  const rendered = execFileSync('kubectl', ['kustomize', path], { encoding: 'utf8', stdio: 'pipe' });
  return parseManifests(rendered).map((manifest) =>
    manifest.kind === 'Secret' ? withoutLineBreaks(manifest) : manifest,
  );
}

/** kustomize breaks long values into lines; Kubernetes joins them again. */
function withoutLineBreaks(secret: Manifest): Manifest {
  const data = Object.entries(secret['data'] as Record<string, string>);
  return {
    ...secret,
    data: Object.fromEntries(data.map(([name, text]) => [name, text.replaceAll('\n', '')])),
  };
}

/** The documents of all YAML files of a folder of k8s/, without kustomizations. */
export function readFolder(name: string): Manifest[] {
  return readdirSync(join(k8s, name))
    .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .flatMap((file) => parseManifests(readFileSync(join(k8s, name, file), 'utf8')))
    .filter((document) => document.kind !== undefined);
}

export const readFile = (path: string): string => readFileSync(join(k8s, path), 'utf8');

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    return document.toJS() as Manifest;
  });
}

/** The only manifest of a kind; the caller says which fields it has. */
export function the<T>(manifests: readonly Manifest[], kind: string, name = 'dispatch-subgraph'): T {
  const found = manifests.filter((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (found.length !== 1) throw new Error(`There are ${found.length} manifests of ${kind} ${name}.`);
  return found[0] as T;
}

/** Says where the objects of kustomize and those of the chart differ, one sentence for each. */
import type { Manifest } from './manifests.ts';

export function findDifferences(kustomize: readonly Manifest[], chart: readonly Manifest[]): string[] {
  const [left, right] = [byName(kustomize), byName(chart)];
  const names = [...new Set([...left.keys(), ...right.keys()])].sort();
  return names.flatMap((name) => {
    const [ours, theirs] = [left.get(name), right.get(name)];
    if (theirs === undefined) return [`${name}: kustomize alone`];
    if (ours === undefined) return [`${name}: chart alone`];
    return compare(ours, theirs).map((found) => `${name}: ${found}`);
  });
}

/** By kind and name, without the hash (in its own letters) that kustomize appends to that of a ConfigMap. */
function byName(manifests: readonly Manifest[]): Map<string, Manifest> {
  const named = manifests.map((manifest) => {
    const { kind, metadata } = manifest;
    return [
      `${kind} ${metadata.name.replace(/^(dispatch-subgraph)-[2456789bcdfghkmt]{10}$/, '$1')}`,
      manifest,
    ] as const;
  });
  const found = new Map(named);
  if (found.size !== named.length) throw new Error('Two objects have the same kind and name.');
  return found;
}

function compare(ours: Manifest, theirs: Manifest): string[] {
  const [left, right] = [leavesOf(ours), leavesOf(theirs)];
  const paths = [...new Set([...left.keys(), ...right.keys()])];
  return paths
    .filter((path) => left.get(path) !== right.get(path))
    .map(
      (path) => `${path}: ${left.get(path) ?? 'nothing'}, and ${right.get(path) ?? 'nothing'} by the chart`,
    );
}

/** Every value that has no others in it, as JSON, by its path. */
function leavesOf(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    return new Map([[path, JSON.stringify(value)]]);
  const inner = Object.entries(value).map(([key, each]) =>
    leavesOf(each, path === '' ? key : `${path}.${key}`),
  );
  return new Map(inner.flatMap((leaves) => [...leaves]));
}

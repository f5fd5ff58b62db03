/** Proves that Kubernetes accepts the manifests: they render, and no field is misspelt or of a wrong type. */
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { hasKubectl, overlays, readFolder, renderOverlay, type Manifest } from '../support/manifests.ts';

/** The packages with the kinds of others than Kubernetes itself. */
const packages: Readonly<Record<string, string>> = {
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
  'keda.sh': '@kubernetes-models/keda',
};

/** The module of the kind, which has its type `I<kind>` and its class. */
function modelOf({ apiVersion, kind }: Manifest): string {
  const source = packages[apiVersion.split('/')[0]!] ?? 'kubernetes-models';
  return `${source}/${apiVersion}/${kind}`;
}

/** Validates the values by the schema of Kubernetes. Rejects when there is no such kind. */
async function invalidValues(manifest: Manifest): Promise<string[]> {
  const model = (await import(modelOf(manifest))) as Record<
    string,
    new (data: object) => { validate(): void }
  >;
  try {
    new model[manifest.kind]!(manifest).validate();
    return [];
  } catch (error) {
    return [`${manifest.kind} ${manifest.metadata.name}: ${(error as Error).message}`];
  }
}

const options = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
};
const host = ts.createCompilerHost(options);
const read = host.getSourceFile.bind(host);
/** Type declarations that were read already. */
const sources = new Map<string, ts.SourceFile | undefined>();

/** Compiles the manifests as literals of Kubernetes' types: the compiler knows every field. */
function misspeltFields(manifests: readonly Manifest[]): string[] {
  const file = 'manifests.ts';
  const text = manifests
    .map((manifest, index) => {
      const { kind } = manifest;
      const type = `import('${modelOf(manifest)}').I${kind}`;
      return `export const ${kind}${index}: ${type} = ${JSON.stringify(manifest)};`;
    })
    .join('\n');
  host.getSourceFile = (name, ...how) => {
    if (name === file) return ts.createSourceFile(name, text, ts.ScriptTarget.ESNext);
    if (!sources.has(name)) sources.set(name, read(name, ...how));
    return sources.get(name);
  };
  return ts
    .getPreEmitDiagnostics(ts.createProgram([file], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

async function problemsOf(manifests: readonly Manifest[]): Promise<string[]> {
  const values = await Promise.all(manifests.map(invalidValues));
  return [...values.flat(), ...misspeltFields(manifests)];
}

describe('this check', () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } };

  test('notices a misspelt field', () => {
    expect(misspeltFields([{ ...secret, stringdata: {} }])).toEqual([
      expect.stringContaining(`'"stringdata"' does not exist`),
    ]);
  });

  test('notices a value of the wrong type', async () => {
    expect(await problemsOf([{ ...secret, data: { a: 1 } }])).toHaveLength(2);
  });
});

test('the files of base and of the components have only kinds and fields that Kubernetes knows', async () => {
  const folders = ['base', 'gateway-api', 'ingress', 'keda', 'monitoring'];
  const manifests = folders.flatMap((folder) => readFolder(folder));
  expect(manifests.length).toBeGreaterThan(8);
  expect(await problemsOf(manifests)).toEqual([]);
});

test('so is the example of the Secret', async () => {
  const examples = readFolder('overlays/production').filter(({ kind }) => kind === 'Secret');
  expect(examples).toHaveLength(1);
  expect(await problemsOf(examples)).toEqual([]);
});

if (!hasKubectl)
  console.warn('There is no kubectl: the overlays of k8s/ are not rendered, only their files are read.');

(hasKubectl ? describe : describe.skip).each(overlays)('the overlay %s', (overlay) => {
  test('renders to what Kubernetes accepts', async () => {
    expect(await problemsOf(renderOverlay(overlay))).toEqual([]);
  });

  test('puts everything into its namespace', () => {
    const namespaces = renderOverlay(overlay)
      .filter(({ kind }) => kind !== 'Namespace')
      .map(({ metadata }) => metadata.namespace);
    expect(new Set(namespaces).size).toBe(1);
    expect(namespaces[0]).toMatch(/^dispatch/);
  });
});

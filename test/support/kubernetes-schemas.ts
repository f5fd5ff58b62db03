/** Says what Kubernetes would not accept of manifests: misspelt fields, and values of a wrong type. */
import ts from 'typescript';
import type { Manifest } from './manifests.ts';

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
export function misspeltFields(manifests: readonly Manifest[]): string[] {
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

/** All of it, as sentences. */
export async function problemsOf(manifests: readonly Manifest[]): Promise<string[]> {
  const values = await Promise.all(manifests.map(invalidValues));
  return [...values.flat(), ...misspeltFields(manifests)];
}

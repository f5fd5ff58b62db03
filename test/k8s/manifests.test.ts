/** Proves that Kubernetes accepts the manifests: they render, and no field is misspelt or of a wrong type. */
import { describe, expect, test } from '@jest/globals';
import { misspeltFields, problemsOf } from '../support/kubernetes-schemas.ts';
import { hasKubectl, overlays, readFolder, renderOverlay } from '../support/manifests.ts';

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

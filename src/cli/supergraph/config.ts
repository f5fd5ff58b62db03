/** Reads supergraph.yaml, in the format of Rover: which subgraphs there are, where they run, and their SDL. */
import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { readGivenFile } from '../command.ts';

export interface Subgraph {
  readonly name: string;
  readonly url: string;
  /** The file of its SDL, relative to the project. */
  readonly path: string;
  readonly sdl: string;
}

/** supergraph.yaml, or a file that it names, cannot be used. The message is meant for the user. */
export class SupergraphConfigError extends Error {}

const federationVersion = z
  .union([z.string(), z.number()])
  .refine(
    (version) => /^=?2(\.\d+\.\d+)?$/.test(String(version)),
    'must be 2, or an exact version like =2.9.3',
  );

const subgraph = z.object({
  routing_url: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }),
  schema: z.object(
    { file: z.string().min(1) },
    'must name a file, `schema: { file: … }`: nothing is fetched from a network here',
  ),
});

const format = z.object({
  federation_version: federationVersion,
  subgraphs: z
    .record(z.string(), subgraph)
    .refine((subgraphs) => Object.keys(subgraphs).length > 0, 'must name at least one subgraph'),
});

/** @throws SupergraphConfigError */
export function readSupergraph(root: string, configPath: string): readonly Subgraph[] {
  const { subgraphs } = parseSupergraphConfig(readText(root, configPath), configPath);
  return Object.entries(subgraphs).map(([name, { routing_url: url, schema }]) => {
    // Like Rover: relative to the file that names it.
    const path = relative(root, resolve(root, dirname(configPath), schema.file)).replaceAll('\\', '/');
    return { name, url, path, sdl: readText(root, path) };
  });
}

function parseSupergraphConfig(text: string, path: string): z.infer<typeof format> {
  try {
    const result = format.safeParse(parseYaml(text));
    if (result.success) return result.data;
    const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`);
    throw new SupergraphConfigError(`${path} cannot be used: ${problems.join('; ')}.`);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new SupergraphConfigError(`${path} is not valid YAML: ${error.message}`, { cause: error });
  }
}

function readText(root: string, path: string): string {
  const file = resolve(root, path);
  if (!existsSync(file)) throw new SupergraphConfigError(`${path} does not exist.`);
  return readGivenFile(file);
}

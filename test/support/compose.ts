/** Reads docker-compose.yml. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

interface Service {
  readonly environment: Record<string, string>;
  readonly stop_grace_period: string;
  readonly read_only: boolean;
  readonly user: string;
  readonly command: readonly string[];
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
}

export const compose = parse(readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8'), {
  merge: true,
}) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<
    Record<string, { internal?: boolean; ipam?: { config: { subnet: string }[] } }>
  >;
};

/** Fills in variables as compose does, with a value for each one that has no default. */
export const environmentOf = (service: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(compose.services[service]!.environment).map(([name, value]) => [
      name,
      value
        .replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')
        .replaceAll(/\$\{[^}]*\}/g, 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz'),
    ]),
  );

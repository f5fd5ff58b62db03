/** Proves that docker-compose.yml and nginx.conf agree with the service and with each other. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { configVariables, parseConfig } from '../../src/config/config.ts';
import { compose, environmentOf } from '../support/compose.ts';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

const nginx = read('nginx.conf');

const { services, networks } = compose;
const filledIn = environmentOf('dispatch-1');
const config = parseConfig(filledIn);

test('two processes of the service run with one Redis and one PostgreSQL, and an environment that the service accepts', () => {
  expect(services['dispatch-2']).toEqual(services['dispatch-1']);
  expect(Object.keys(filledIn).filter((name) => !configVariables().includes(name))).toEqual([]);
  expect(config).toMatchObject({
    isProduction: true,
    stores: { kind: 'redis' },
    record: { kind: 'postgres' },
  });
  expect(config.warnings).toEqual([]);
  expect(Object.keys(services)).toEqual(expect.arrayContaining(['redis', 'postgres', 'nginx']));
});

test('no secret has a value', () => {
  expect(services['dispatch-1']!.environment['JWT_SECRET']).toMatch(/^\$\{JWT_SECRET:\?/);
  expect(services['postgres']!.environment['POSTGRES_PASSWORD']).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
  expect(services['dispatch-1']!.environment['REDIS_URL']).toMatch(
    /^redis:\/\/:\$\{REDIS_PASSWORD:\?[^}]*\}@/,
  );
});

test('nobody reaches Redis without its password', () => {
  const { command, environment } = services['redis']!;
  expect(command[command.indexOf('--requirepass') + 1]).toMatch(/^\$\{REDIS_PASSWORD:\?/);
  expect(environment['REDISCLI_AUTH']).toMatch(/^\$\{REDIS_PASSWORD:\?/);
});

test('only the service reaches Redis and PostgreSQL, which reach nobody, and only nginx is reached from outside', () => {
  const byNetwork = (network: string) =>
    Object.keys(services).filter((name) => services[name]!.networks.includes(network));
  expect(Object.keys(networks)).toEqual(['front', 'back']);
  expect(byNetwork('front')).toEqual(['dispatch-1', 'dispatch-2', 'nginx']);
  expect(byNetwork('back')).toEqual(['dispatch-1', 'dispatch-2', 'redis', 'postgres']);
  expect(networks['back']).toEqual({ internal: true });
  expect(Object.keys(services).filter((name) => services[name]!.ports)).toEqual(['nginx']);
});

test('the addresses that are believed are those of the network that nginx is in', () => {
  expect(config.http.trustProxy).toEqual(networks['front']!.ipam!.config.map(({ subnet }) => subnet));
});

test('the processes get more time to stop than they need, are not root, and cannot write to a disk', () => {
  const { stop_grace_period: grace, read_only: readOnly, user } = services['dispatch-1']!;
  expect(parseInt(grace, 10) * 1000).toBeGreaterThan(config.shutdown.deadlineMs);
  expect({ readOnly, user }).toEqual({ readOnly: true, user: '1000:1000' });
});

test('Redis keeps the event log', () => {
  const command = services['redis']!.command.join(' ');
  expect(command).toContain('--appendonly yes');
  expect(command).toContain('--maxmemory-policy noeviction');
});

test('nginx lets through /graphql and readiness, and nothing else', () => {
  const locations = [...nginx.matchAll(/^ *location (.*) \{\n([^}]*)/gm)].map(([, path, body]) => [
    path,
    body!.includes('proxy_pass') ? 'passed on' : body!.trim().split('\n').at(-1)!.trim(),
  ]);
  expect(locations).toEqual([
    ['/graphql', 'passed on'],
    // Nobody can ask for these: they answer where no process does.
    ['@away', 'return 503;'],
    ['@away_for_events', String.raw`return 200 "retry: 1000\n\n";`],
    ['= /health/ready', 'passed on'],
    ['/', 'return 404;'],
  ]);
});

test('nginx knows the processes, and accepts bodies as large as they do', () => {
  const backends = [...nginx.matchAll(/^ *server ([\w-]+):(\d+)/gm)].map(
    ([, name, port]) => `${name}:${port}`,
  );
  expect(backends).toEqual(['dispatch-1', 'dispatch-2'].map((name) => `${name}:${config.http.port}`));
  expect(nginx).toContain(`client_max_body_size ${config.http.maxBodyBytes / 1024}k;`);
  expect(services['nginx']!.ports).toEqual(['8080:8080']);
  expect(nginx).toMatch(/listen 8080\b/);
  expect(nginx).toMatch(/proxy_read_timeout 1h;/);
});

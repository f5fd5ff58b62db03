/** Holds `.env.example` to the variables and defaults that there are. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { configVariables, parseConfig } from '../../src/config/config.ts';

describe('.env.example', () => {
  const lines = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8').split('\n');
  const shown = lines.flatMap((line) => {
    const [, name, value] = /^# ([A-Z][A-Z_]+)=(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value ?? ''] as const];
  });

  test('shows every variable once, and no other', () => {
    expect(shown.map(([name]) => name).sort()).toEqual([...configVariables()].sort());
  });

  test('shows the defaults', () => {
    expect(parseConfig(Object.fromEntries(shown))).toEqual(parseConfig({}));
  });

  test('shows a value wherever there is a default', () => {
    const unset = shown.filter(([, value]) => value === '').map(([name]) => name);
    expect(unset.sort()).toEqual([
      'BOARD_TILES_ATTRIBUTION',
      'BOARD_TILES_URL',
      'CURSOR_SECRET',
      'CURSOR_SECRET_PREVIOUS',
      'DATABASE_CA_FILE',
      'DATABASE_URL',
      'GATEWAY_SECRET',
      'GATEWAY_SECRET_PREVIOUS',
      'HEALTH_DETAILS_TOKEN',
      'HOST',
      'JWKS_URL',
      'JWT_AUDIENCE',
      'JWT_ISSUER',
      'JWT_SECRET',
      'JWT_SECRET_PREVIOUS',
      'METRICS_PORT',
      'MS_AUTH_FALLBACK_ROLE',
      'MS_AUTH_URL',
      'MS_DESPACHO_URL',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'OTEL_EXPORTER_OTLP_HEADERS',
      'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
      'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
      'OTEL_RESOURCE_ATTRIBUTES',
      'REDIS_CA_FILE',
      'REDIS_SENTINEL_PASSWORD',
      'REDIS_URL',
    ]);
  });

  test('changes nothing when it is copied as it is', () => {
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  });
});

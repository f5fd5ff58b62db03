/** Tells a gateway that proves itself from everybody else: it shows a secret, whoever it asks for. */
import type { Secret } from '../../config/secret.ts';
import { createMatches } from '../../lib/same-secret.ts';

/** Node gives names of headers in lower case. */
export const gatewaySecretHeader = 'gateway-secret';

/** What `connection_init` shows: Hive Router puts there what it would send as headers, and sends no headers with the upgrade. */
export const shownInInit = (payload: Readonly<Record<string, unknown>> | undefined): unknown =>
  payload?.['gatewaySecret'] ?? payload?.[gatewaySecretHeader];

/** Whether what a request shows is such a secret: a header, or what stands in its place in `connection_init`. */
export type ProvesGateway = (shown: unknown) => boolean;

export function createProvesGateway(secrets: readonly Secret[]): ProvesGateway {
  const matches = createMatches(secrets.map((secret) => secret.reveal()));
  return (shown) => typeof shown === 'string' && matches(shown);
}

/** Ends the sessions of users, as admins do, and makes tokens of all ages. */
import { createSecretKey } from 'node:crypto';
import { SignJWT } from 'jose';
import type { TestClient } from './test-client.ts';

export interface Ended {
  readonly endedAt: string;
  readonly refusedUntil: string | null;
  readonly endedConnections: number;
  readonly isComplete: boolean;
  readonly silentProcesses: readonly { readonly name: string }[];
}

const endSession = `mutation ($userId: ID!) {
  endSession(userId: $userId, reason: "A lost phone.") { endedAt refusedUntil endedConnections isComplete silentProcesses { name } }
}`;

export const adminOf = (client: TestClient): Promise<string> => client.token({ sub: 'root', role: 'admin' });

/** Rejects where it was refused. `token`: that of who ends it; by default a new one of an admin. */
export async function end(client: TestClient, userId: string, token?: string): Promise<Ended> {
  const { data, errors } = await client.ask<{ endSession: Ended }>(
    endSession,
    { userId },
    token ?? (await adminOf(client)),
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data.endSession;
}

const secret = 'a-secret-that-is-long-enough-for-production-0123456789';
export const secretEnv = { JWT_SECRET: secret };

/** A token that was issued so many seconds from now (before now, where negative); null leaves that out. For services with `secretEnv`. */
export function tokenOf(sub: string, issuedInSeconds: number | null, role = 'dispatcher'): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const token = new SignJWT({ role }).setProtectedHeader({ alg: 'HS256' }).setSubject(sub);
  if (issuedInSeconds !== null) token.setIssuedAt(now + issuedInSeconds);
  return token.setExpirationTime(now + 3_600).sign(createSecretKey(Buffer.from(secret)));
}

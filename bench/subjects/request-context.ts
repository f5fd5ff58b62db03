/** The context of a request to one of the other GraphQL servers: who asks, by their token, and the loader of what they ask for. */
import DataLoader from 'dataloader';
import { jwtVerify } from 'jose';
import { tokenEnvironment } from './options.ts';
import { BenchRecord } from './record.ts';

const secret = new TextEncoder().encode(tokenEnvironment.JWT_SECRET);
const record = new BenchRecord();

/** The token is verified for each request, as the documentation of each server shows it. The sockets of the bench show none. */
export async function createContext(authorization: string | null | undefined) {
  const token = authorization?.replace(/^Bearer /, '');
  const verified = token && (await jwtVerify(token, secret, { algorithms: ['HS256'] }));
  return {
    viewerId: verified ? verified.payload.sub : null,
    record,
    dispatches: new DataLoader((ids: readonly string[]) => Promise.resolve(record.find(ids))),
  };
}

export type RequestContext = Awaited<ReturnType<typeof createContext>>;

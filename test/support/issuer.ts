/** A token issuer for tests: a real HTTP server with a key set that rotates, breaks and goes away. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from 'jose';

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

/** A key pair of the issuer, and how it signs with it. */
export interface IssuerKey {
  readonly publicJwk: JWK;
  sign(claims: JWTPayload, header?: { readonly kid?: string }): Promise<string>;
}

export async function tKey(kid: string, alg = 'ES256'): Promise<IssuerKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return {
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    sign: (claims, header = { kid }) =>
      new SignJWT(claims).setProtectedHeader({ alg, ...header }).sign(privateKey),
  };
}

/** Publishes `keys` at `url`. Closed after the test. */
export async function tIssuer(...keys: IssuerKey[]) {
  let answer: { status: number; body: string } | 'silence' = { status: 200, body: '' };
  let requests = 0;
  const publish = (...published: IssuerKey[]) =>
    (answer = { status: 200, body: JSON.stringify({ keys: published.map(({ publicJwk }) => publicJwk) }) });
  publish(...keys);
  const server = createServer((_request, response) => {
    requests++;
    if (answer === 'silence') return;
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  undos.push(close);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    get requests() {
      return requests;
    },
    /** Rotates: from now on these keys and no others. */
    publish,
    answerWith: (status: number, body: string) => void (answer = { status, body }),
    /** Takes requests and answers none. */
    fallSilent: () => void (answer = 'silence'),
    close,
  };
}

/** The keys by which this service knows the cursors that it gave out from those that somebody else has made up. */
import { createHash, createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

interface CursorKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** Characters of a signature: four that name the key, and sixteen of the code (96 bits). */
export const signatureLength = 20;
const idLength = 4;

/** Keys are replaced while they are used: cursors that were signed before stay good for as long as their key is known. */
export class CursorKeys {
  #keys: readonly CursorKey[];

  /** The first secret signs, and each of them verifies. */
  constructor(secrets: readonly [string, ...string[]]) {
    this.#keys = secrets.map(toKey);
  }

  replace(secrets: readonly [string, ...string[]]): void {
    this.#keys = secrets.map(toKey);
  }

  sign(text: string): string {
    return signatureOf(this.#keys[0]!, text);
  }

  /** Whether one of the keys has signed this text. */
  verify(text: string, signature: string): boolean {
    const key = this.#keys.find(({ id }) => signature.startsWith(id));
    if (!key || signature.length !== signatureLength) return false;
    return timingSafeEqual(Buffer.from(signature, 'latin1'), Buffer.from(signatureOf(key, text), 'latin1'));
  }
}

/** A key of its own, so that a secret that is used elsewhere too makes no codes that mean something there. */
function toKey(secret: string): CursorKey {
  const bytes = createHash('sha256').update(`cursors\n${secret}`).digest();
  const id = createHash('sha256').update(bytes).digest('base64url').slice(0, idLength);
  return { id, key: createSecretKey(bytes) };
}

function signatureOf({ id, key }: CursorKey, text: string): string {
  const code = createHmac('sha256', key).update(text).digest('base64url');
  return id + code.slice(0, signatureLength - idLength);
}

/** The keys by which this service seals tickets, so that nobody else reads or makes one. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';

interface TicketKey {
  readonly id: Buffer;
  readonly key: KeyObject;
}

const cipher = 'aes-256-gcm';
const idBytes = 3;
const ivBytes = 12;
const tagBytes = 16;
/** Characters of a code: 96 bits. */
const codeLength = 16;

/** Keys are replaced while they are used: what was sealed before stays good for as long as its key is known. */
export class TicketKeys {
  #keys: readonly TicketKey[];

  /** The first secret seals, and each of them opens. */
  constructor(secrets: readonly [string, ...string[]]) {
    this.#keys = secrets.map(toKey);
  }

  replace(secrets: readonly [string, ...string[]]): void {
    this.#keys = secrets.map(toKey);
  }

  /** Letters, digits, `-` and `_`, a third longer than the text and 42 more. */
  seal(text: string): string {
    const { id, key } = this.#keys[0]!;
    const iv = randomBytes(ivBytes);
    const sealing = createCipheriv(cipher, key, iv, { authTagLength: tagBytes });
    const sealed = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()]);
    return Buffer.concat([id, iv, sealing.getAuthTag(), sealed]).toString('base64url');
  }

  /** Null for what none of the keys has sealed. */
  open(sealed: string): string | null {
    const bytes = Buffer.from(sealed, 'base64url');
    const key = this.#keys.find(({ id }) => id.equals(bytes.subarray(0, idBytes)))?.key;
    const [ivAt, tagAt, textAt] = [idBytes, idBytes + ivBytes, idBytes + ivBytes + tagBytes];
    if (!key || bytes.length < textAt) return null;
    const opening = createDecipheriv(cipher, key, bytes.subarray(ivAt, tagAt), { authTagLength: tagBytes });
    opening.setAuthTag(bytes.subarray(tagAt, textAt));
    try {
      return Buffer.concat([opening.update(bytes.subarray(textAt)), opening.final()]).toString('utf8');
    } catch {
      // Somebody has changed it.
      return null;
    }
  }

  /** A code that only this service can make of the text. */
  sign(text: string): string {
    return codeOf(this.#keys[0]!, text);
  }

  /** Whether one of the keys has made the code of the text. */
  verify(text: string, code: string): boolean {
    if (code.length !== codeLength) return false;
    const given = Buffer.from(code, 'latin1');
    return this.#keys.some((key) => timingSafeEqual(given, Buffer.from(codeOf(key, text), 'latin1')));
  }
}

/** A key of its own, so that a secret that is used elsewhere too makes nothing that means something there. */
function toKey(secret: string): TicketKey {
  const bytes = createHash('sha256').update(`tickets\n${secret}`).digest();
  const id = createHash('sha256').update(bytes).digest().subarray(0, idBytes);
  return { id, key: createSecretKey(bytes) };
}

const codeOf = ({ key }: TicketKey, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64url').slice(0, codeLength);

/** The hash by which clients and manifests name the text of an operation. */
import { hash } from 'node:crypto';

/** SHA-256, hexadecimal, of the text as it is sent: another setting of the same operation has another one. */
export const hashText = (text: string): string => hash('sha256', text, 'hex');

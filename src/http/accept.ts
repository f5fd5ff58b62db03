/** Reads an `Accept` header. */
import Negotiator from 'negotiator';

/** The media types that a request accepts, without their parameters, the most preferred first. */
export function acceptedTypes(accept = ''): readonly string[] {
  return new Negotiator({ headers: { accept } }).mediaTypes().map((type) => type.toLowerCase());
}

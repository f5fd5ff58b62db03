/** Calculates the version of a release. */

export const steps = ['major', 'minor', 'patch'] as const;
/** Versions with a suffix (1.0.0-rc.1) are not supported on purpose: nobody would deploy them from a tag. */
const pattern = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;

/** The argument is neither a step nor a version. The message is meant for the user. */
export class VersionError extends Error {}

/**
 * The version one step after `present` when `wanted` is a step, else `wanted` itself.
 *
 * @throws VersionError when `wanted` is neither a step nor a version X.Y.Z
 */
export function nextVersion(present: string, wanted: string): string {
  const step = (steps as readonly string[]).indexOf(wanted);
  if (step < 0) return parseVersion(wanted).join('.');
  const numbers = parseVersion(present);
  return numbers.map((number, place) => (place < step ? number : place === step ? number + 1 : 0)).join('.');
}

export function isNewer(version: string, than: string): boolean {
  const [numbers, others] = [parseVersion(version), parseVersion(than)];
  const place = numbers.findIndex((number, index) => number !== others[index]);
  return place >= 0 && numbers[place]! > others[place]!;
}

function parseVersion(text: string): number[] {
  const [, ...numbers] = pattern.exec(text) ?? [];
  if (numbers.length === 0)
    throw new VersionError(`"${text}" is neither ${steps.join(', ')} nor a version such as 1.4.0.`);
  return numbers.map(Number);
}

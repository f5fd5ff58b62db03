/** Owns the reading of an `Accept` header. */

/** The media types that a request accepts, without their parameters, the most preferred first. */
export function acceptedTypes(accept: string | undefined): readonly string[] {
  return (accept ?? '')
    .split(',')
    .map((range) => {
      const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
      const quality = parameters.find((parameter) => /^q=/.test(parameter))?.slice(2);
      return { type, quality: quality === undefined ? 1 : Number(quality) || 0 };
    })
    .filter(({ type, quality }) => type !== '' && quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ type }) => type);
}

/** Describes everything that one stream showed to a subscriber, in order. */

/** One event as it was shown. */
export interface Sight {
  readonly id: string;
  readonly version: number;
  readonly isSnapshot: boolean;
  /** Of which log of its topic it is, where that is known. */
  readonly log?: string;
}

/**
 * - `one`: one dispatch, beginning with its state
 * - `board`: every dispatch, from a cursor on before which there was none
 * - `followed`: the dispatches that a viewer follows, each beginning with its state
 * - `messages`: those of a channel, numbered, from any one on
 * - `positions`: those of an ambulance, numbered, of which some may be passed over
 */
export type StreamKind = 'one' | 'board' | 'followed' | 'messages' | 'positions';

export interface Story {
  readonly kind: StreamKind;
  /** Whose stream it was; for the report. */
  readonly name: string;
  readonly sights: readonly Sight[];
  /** The dispatches that it had to show, with their newest versions. */
  readonly mustShow: ReadonlyMap<string, number>;
}

export const tell = (sights: readonly Sight[]): string =>
  sights.map(({ version, isSnapshot }) => `${version}${isSnapshot ? ' (snapshot)' : ''}`).join(', ') ||
  'nothing';

/** A sentence of SECURITY.md, and the tests that fail when it is not true. */

/** A file below test/, and the title of one of its tests, or a part of it. */
export type Proof = readonly [file: string, title: string];

export interface ProvenSentence {
  /** As it stands in SECURITY.md, without marks of style and on one line. */
  readonly says: string;
  readonly by: readonly Proof[];
}

/** Describes the result of one check, as the report shows it. */
import type { SourceLine } from '../../supergraph/sdl-files.ts';

export interface Reported {
  /** Only an `error` keeps a schema from being released. */
  readonly severity: 'error' | 'warning' | 'notice';
  /** The kind of a change, the rule of a linter, or the code of composition. */
  readonly code: string;
  readonly message: string;
  readonly at: SourceLine;
  /** Why it may go out. */
  readonly acknowledged?: string;
  readonly usedBy?: readonly { readonly label: string; readonly at: SourceLine }[];
}

export interface Check {
  readonly title: string;
  /** Only `failed` keeps a schema from being released. */
  readonly verdict: 'passed' | 'noticed' | 'failed' | 'skipped';
  /** One line. */
  readonly summary: string;
  /** Markdown; empty when there is nothing more to say. */
  readonly details: string;
  /** The same for machines. */
  readonly findings: readonly Reported[];
}

export function formatLine({ file, line }: SourceLine): string {
  return `\`${file}:${line}\``;
}

/** `1 hint`, `2 hints`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** Text that is hidden until the reader opens it. */
export function folded(summary: string, body: string): string {
  return `<details>\n<summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

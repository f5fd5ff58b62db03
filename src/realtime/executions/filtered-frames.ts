/** The frames of groups that differ by nothing but a filter: an event is executed for the first that shows it, and filled in for the others. */
import type { Frame } from '../frame.ts';
import type { SubscriptionSource } from '../source.ts';
import type { TopicEvent } from '../topics/topic.ts';
import type { SharedExecution } from './execution.ts';
import { OpenFields, type OpenResult } from './open-result.ts';
import { remembered } from './remembered.ts';

export class FilteredFrames {
  readonly execution: SharedExecution;
  readonly #fields: OpenFields;
  /** By what all of them are shown. */
  readonly #results = new WeakMap<object, OpenResult | Promise<OpenResult>>();

  constructor(execution: SharedExecution, { byFilter }: Pick<SubscriptionSource, 'byFilter'>) {
    this.execution = execution;
    this.#fields = new OpenFields(execution.operation, ['follows', ...(byFilter?.fields ?? [])]);
  }

  /** The frame of one of them. */
  of(
    source: SubscriptionSource,
    event: TopicEvent<unknown>,
    follows: string | null,
    about: Omit<Frame, 'payload'>,
  ): Frame | Promise<Frame> {
    const { byFilter } = source;
    const fill = (open: OpenResult): Frame => {
      const values = byFilter ? { ...byFilter.valuesOf(event), follows } : { follows };
      return { payload: open.fill(values), ...about };
    };
    const made = remembered(this.#results, byFilter?.sharedBy(event) ?? event, () =>
      this.execution.runOpen(source.toValue(event, null), this.#fields),
    );
    return made instanceof Promise ? made.then(fill) : fill(made);
  }
}

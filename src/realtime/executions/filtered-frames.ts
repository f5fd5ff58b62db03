/** The frames of groups that differ by nothing but a filter: an event is executed for the first that shows it, and filled in for the others. */
import type { Frame } from '../frame.ts';
import type { TopicEvent } from '../topics/topic.ts';
import type { SharedExecution } from './execution.ts';
import { OpenFields, type FieldValues, type OpenFrame } from './open-frame.ts';
import { remembered } from './remembered.ts';

export class FilteredFrames {
  readonly execution: SharedExecution;
  readonly #fields: OpenFields;
  readonly #frames = new WeakMap<TopicEvent<unknown>, OpenFrame | Promise<OpenFrame>>();

  constructor(execution: SharedExecution) {
    this.execution = execution;
    this.#fields = new OpenFields(execution.operation, ['follows']);
  }

  /** `values`: what the filter says of the event. `valueOf`: what all of them are shown. */
  of(
    event: TopicEvent<unknown>,
    values: FieldValues,
    valueOf: () => unknown,
    about: Omit<Frame, 'payload'>,
  ): Frame | Promise<Frame> {
    const made = remembered(this.#frames, event, () =>
      this.execution.runOpen(valueOf(), about, this.#fields),
    );
    return made instanceof Promise ? made.then((open) => open.fill(values)) : made.fill(values);
  }
}

/** Decides which subscriptions share a group: those whose operation, variables, owner and scope are equal. */
import type { PreparedOperation, Variables } from './prepared-operation.ts';

/** What all members of a group may be shown. It has bits alone, so that an execution cannot know for whom it runs. */
export type GroupScope = Readonly<Record<string, boolean>>;

/** Equal for subscriptions that are shown the same events as the same bytes. `variables` are without `after`. */
export function groupKey(
  operation: PreparedOperation,
  variables: Variables,
  personalTo: string | undefined,
  scope: GroupScope,
): string {
  return JSON.stringify([operation.number, variables, personalTo, scope]);
}

/** Equal for groups that show the same event as the same, where both show it. */
export function executionKey(
  operation: PreparedOperation,
  variables: Variables,
  personalTo: string | undefined,
  scope: GroupScope,
): string {
  const decisive = Object.entries(variables).filter(([name]) => !operation.filterVariables.includes(name));
  return groupKey(operation, Object.fromEntries(decisive), personalTo, scope);
}

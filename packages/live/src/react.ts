/** Hooks for React. They hold their stores in the component, and live through StrictMode. */
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { LiveClient } from './live-client.ts';
import type { Operation, Variables } from './core/operation.ts';
import type { LiveError } from './core/problems.ts';
import type { LiveState } from './core/state.ts';
import { DispatchCardFragmentDoc, type DispatchCardFragment } from './generated/operations.ts';
import {
  createDispatchList,
  type DispatchListOptions,
  type DispatchListSnapshot,
} from './dispatches/list.ts';
import type { DispatchRow } from './dispatches/rows.ts';

/** The state of the connection. */
export function useLiveState(live: LiveClient): LiveState {
  const subscribe = useMemo(() => (changed: () => void) => live.onState(changed), [live]);
  return useSyncExternalStore(
    subscribe,
    () => live.state,
    () => live.state,
  );
}

/** How old what is shown may be, in whole seconds; null before anything was there. Drawn anew each second. */
export function useLiveAge(live: LiveClient): number | null {
  const [seconds, setSeconds] = useState<number | null>(null);
  useEffect(() => {
    const look = () => setSeconds(live.ageMs === null ? null : Math.floor(live.ageMs / 1_000));
    look();
    const timer = setInterval(look, 1_000);
    return () => clearInterval(timer);
  }, [live]);
  return seconds;
}

export interface LiveEvents<R> {
  /** The newest event; null before the first one. */
  readonly data: R | null;
  readonly error: LiveError | null;
}

/** The newest event of a subscription, which begins with the state where its field does. */
export function useLive<R, V extends Variables>(
  live: LiveClient,
  operation: Operation<R, V>,
  variables: V,
): LiveEvents<R> {
  const [events, setEvents] = useState<LiveEvents<R>>({ data: null, error: null });
  const key = JSON.stringify(variables);
  useEffect(() => {
    setEvents({ data: null, error: null });
    return live.subscribe(operation, JSON.parse(key) as V, {
      next: ({ data }) => setEvents({ data, error: null }),
      error: (error) => setEvents(({ data }) => ({ data, error })),
    });
  }, [live, operation, key]);
  return events;
}

type Options<F> = Partial<DispatchListOptions<F>>;

/** All dispatches that match, as they are now: new ones come, those that have ended go. */
export function useDispatches<F = DispatchCardFragment>(
  live: LiveClient,
  { fragment, estados, prioridad }: Options<F> = {},
): DispatchListSnapshot<F & DispatchRow> {
  const wanted = estados?.join();
  const list = useMemo(
    () =>
      createDispatchList<F>(live, {
        fragment: fragment ?? (DispatchCardFragmentDoc as unknown as TypedDocumentNode<F, never>),
        ...(wanted !== undefined && { estados: wanted.split(',') as DispatchRow['estado'][] }),
        ...(prioridad !== undefined && { prioridad }),
      }),
    [live, fragment, wanted, prioridad],
  );
  return useSyncExternalStore(list.subscribe, list.getSnapshot, list.getSnapshot);
}

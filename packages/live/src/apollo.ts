/** What an app with Apollo Client, 3 or 4, imports: the link, the cache, and both with the one setting that goes with them. */
import type { InMemoryCacheConfig } from '@apollo/client/core';
import { LiveCache } from './apollo/live-cache.ts';
import { createLiveLink } from './apollo/live-link.ts';
import type { LiveClient } from './live-client.ts';

export { LiveCache, createLiveLink };

/**
 * The options of an `ApolloClient`. Equal operations are not joined there: whoever comes second to a subscription would not be shown the
 * state with which it begins. The service joins them, and shows everybody that.
 */
export function liveOptions(live: LiveClient, cache?: InMemoryCacheConfig) {
  return { link: createLiveLink(live), cache: new LiveCache(cache), queryDeduplication: false };
}

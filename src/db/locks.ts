/** Owns the numbers of PostgreSQL's advisory locks, which are one name space for the whole database. */

/** First number of the locks that there is one of. */
export const serviceLocks = 0x64697370;
export const migrationLock = 1;
export const relayLock = 2;

/** First number of the locks of message channels; the second is the hash of the channel. */
export const channelLocks = 0x64697371;

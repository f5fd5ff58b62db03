/** The numbers of PostgreSQL's advisory locks, which share one name space in the whole database. */

/** First number of the locks that exist once; the second says which. */
export const serviceLocks = 0x64697370;
export const migrationLock = 1;

/** First number of the locks of message channels; the second is the hash of the channel's name. */
export const channelLocks = 0x64697371;

/** First number of the locks of ambulances; the second is the hash of the ambulance's id. */
export const ambulanceLocks = 0x64697372;

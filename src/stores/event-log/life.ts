/** What names the life of everything that Redis has: it is another one when anything may have been lost. */

/** For so long nobody may append anything in a turn, milliseconds: then the next one reads anew what there is to append. */
export const lifeMs = 30 * 24 * 60 * 60_000;

/**
 * What has the data: another server, or the same one restarted, may have an older copy of it, in which its life has the name that it had
 * before. This section costs half of what that of the server does.
 */
export const nameServer = `
local function server() return string.match(redis.call('INFO', 'replication'), 'master_replid:%w+') or '' end
`;

/**
 * KEYS: what names the life of everything that Redis has. ARGV: a name for it where it has none yet. Returns the name, with that of the
 * server: it is another one when anything may have been lost.
 */
export const lifeLua = `${nameServer}
local life = redis.call('GET', KEYS[1]) or ARGV[1]
redis.call('SET', KEYS[1], life, 'PX', ${lifeMs})
return life .. ' ' .. server()
`;

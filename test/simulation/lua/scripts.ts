/** Runs the service's own Lua scripts in this process, as Redis would: each one whole, with nothing in between. */

/** What a script sends and gets. `null` and `undefined` are `false` in Lua, as in Redis. */
export type Reply = string | number | null | undefined | readonly Reply[];
/** Executes one command of Redis. */
export type Command = (name: string, args: readonly string[]) => Reply;

/** A script has called `redis.error_reply`, or could not be run. */
export class ScriptError extends Error {
  constructor(message: string) {
    super(message);
    // As the client of Redis calls the refusals of a server.
    this.name = 'ReplyError';
  }
}

export interface LuaScripts {
  /** @throws ScriptError */
  run(text: string, keys: readonly string[], args: readonly string[], command: Command): Reply;
}

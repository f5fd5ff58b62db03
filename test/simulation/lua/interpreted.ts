/** Runs scripts in an interpreter of Lua, by which it is tried whether those that are translated do the same. */
import fengari from 'fengari';
import { ScriptError, type Command, type LuaScripts, type Reply } from './scripts.ts';

const { lua, lauxlib, lualib, to_luastring: toLua, to_jsstring: toText } = fengari;

type State = fengari.LuaState;

/** One interpreter. Scripts are compiled once. */
export class InterpretedScripts implements LuaScripts {
  readonly #state: State = lauxlib.luaL_newstate();
  readonly #compiled = new Map<string, number>();
  #command: Command = () => null;

  constructor() {
    lualib.luaL_openlibs(this.#state);
    const functions = {
      call: (state: State) => this.#call(state),
      error_reply: (state: State) => replyError(state),
    };
    lua.lua_newtable(this.#state);
    for (const [name, run] of Object.entries(functions)) {
      lua.lua_pushcfunction(this.#state, run);
      lua.lua_setfield(this.#state, -2, toLua(name));
    }
    lua.lua_setglobal(this.#state, toLua('redis'));
    // A global in the Lua of Redis, which is an older one.
    lua.lua_getglobal(this.#state, toLua('table'));
    lua.lua_getfield(this.#state, -1, toLua('unpack'));
    lua.lua_setglobal(this.#state, toLua('unpack'));
    lua.lua_settop(this.#state, 0);
  }

  /** @throws ScriptError */
  run(text: string, keys: readonly string[], args: readonly string[], command: Command): Reply {
    const state = this.#state;
    this.#command = command;
    setList(state, 'KEYS', keys);
    setList(state, 'ARGV', args);
    lua.lua_rawgeti(state, lua.LUA_REGISTRYINDEX, this.#compile(text));
    if (lua.lua_pcall(state, 0, 1, 0) !== lua.LUA_OK) throw new ScriptError(popText(state));
    const reply = toReply(state, -1);
    lua.lua_settop(state, 0);
    if (reply instanceof ScriptError) throw reply;
    return reply;
  }

  #compile(text: string): number {
    const known = this.#compiled.get(text);
    if (known !== undefined) return known;
    if (lauxlib.luaL_loadstring(this.#state, toLua(text)) !== lua.LUA_OK)
      throw new ScriptError(popText(this.#state));
    const compiled = lauxlib.luaL_ref(this.#state, lua.LUA_REGISTRYINDEX);
    this.#compiled.set(text, compiled);
    return compiled;
  }

  #call(state: State): number {
    const [name = '', ...args] = Array.from({ length: lua.lua_gettop(state) }, (_, index) =>
      toText(lauxlib.luaL_tolstring(state, index + 1)),
    );
    pushReply(state, this.#command(name, args));
    return 1;
  }
}

function setList(state: State, name: string, items: readonly string[]): void {
  pushReply(state, items);
  lua.lua_setglobal(state, toLua(name));
}

function pushReply(state: State, value: Reply): void {
  if (typeof value === 'string') lua.lua_pushstring(state, toLua(value));
  else if (typeof value === 'number') lua.lua_pushinteger(state, value);
  else if (value === null || value === undefined) lua.lua_pushboolean(state, false);
  else {
    lua.lua_createtable(state, value.length, 0);
    value.forEach((item, index) => {
      pushReply(state, item);
      lua.lua_rawseti(state, -2, index + 1);
    });
  }
}

function replyError(state: State): number {
  const message = lua.lua_tostring(state, 1);
  lua.lua_createtable(state, 0, 1);
  lua.lua_pushstring(state, message);
  lua.lua_setfield(state, -2, toLua('err'));
  return 1;
}

/** As Redis converts what a script returns: numbers lose their fraction, a list ends at its first nil. */
function toReply(state: State, index: number): Reply | ScriptError {
  const type = lua.lua_type(state, index);
  if (type === lua.LUA_TSTRING) return toText(lua.lua_tostring(state, index));
  if (type === lua.LUA_TNUMBER) return Math.trunc(lua.lua_tonumber(state, index));
  if (type === lua.LUA_TBOOLEAN) return lua.lua_toboolean(state, index) ? 1 : null;
  if (type !== lua.LUA_TTABLE) return null;
  if (lua.lua_getfield(state, index, toLua('err')) === lua.LUA_TSTRING)
    return new ScriptError(popText(state));
  lua.lua_pop(state, 1);
  const items: Reply[] = [];
  for (let at = 1; lua.lua_rawgeti(state, index, at) !== lua.LUA_TNIL; at += 1) {
    items.push(toReply(state, -1) as Reply);
    lua.lua_pop(state, 1);
  }
  lua.lua_pop(state, 1);
  return items;
}

function popText(state: State): string {
  const text = toText(lua.lua_tostring(state, -1));
  lua.lua_settop(state, 0);
  return text;
}

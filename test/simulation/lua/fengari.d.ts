/** The part of fengari's API that the simulation uses: it is Lua's own C API, and the package has no types. */
declare module 'fengari' {
  namespace fengari {
    type LuaState = { readonly brand: unique symbol };
    type LuaText = Uint8Array;
  }
  const fengari: {
    to_luastring(text: string): fengari.LuaText;
    to_jsstring(text: fengari.LuaText): string;
    readonly lauxlib: {
      luaL_newstate(): fengari.LuaState;
      luaL_loadstring(state: fengari.LuaState, text: fengari.LuaText): number;
      luaL_ref(state: fengari.LuaState, table: number): number;
      luaL_tolstring(state: fengari.LuaState, index: number): fengari.LuaText;
    };
    readonly lualib: { luaL_openlibs(state: fengari.LuaState): void };
    readonly lua: {
      readonly LUA_OK: number;
      readonly LUA_REGISTRYINDEX: number;
      readonly LUA_TNIL: number;
      readonly LUA_TBOOLEAN: number;
      readonly LUA_TNUMBER: number;
      readonly LUA_TSTRING: number;
      readonly LUA_TTABLE: number;
      lua_createtable(state: fengari.LuaState, list: number, fields: number): void;
      lua_getfield(state: fengari.LuaState, index: number, name: fengari.LuaText): number;
      lua_getglobal(state: fengari.LuaState, name: fengari.LuaText): number;
      lua_gettop(state: fengari.LuaState): number;
      lua_newtable(state: fengari.LuaState): void;
      lua_pcall(state: fengari.LuaState, args: number, results: number, handler: number): number;
      lua_pop(state: fengari.LuaState, count: number): void;
      lua_pushboolean(state: fengari.LuaState, value: boolean): void;
      lua_pushcfunction(state: fengari.LuaState, run: (state: fengari.LuaState) => number): void;
      lua_pushinteger(state: fengari.LuaState, value: number): void;
      lua_pushstring(state: fengari.LuaState, text: fengari.LuaText): void;
      lua_rawgeti(state: fengari.LuaState, index: number, at: number): number;
      lua_rawseti(state: fengari.LuaState, index: number, at: number): void;
      lua_setfield(state: fengari.LuaState, index: number, name: fengari.LuaText): void;
      lua_setglobal(state: fengari.LuaState, name: fengari.LuaText): void;
      lua_settop(state: fengari.LuaState, index: number): void;
      lua_toboolean(state: fengari.LuaState, index: number): boolean;
      lua_tonumber(state: fengari.LuaState, index: number): number;
      lua_tostring(state: fengari.LuaState, index: number): fengari.LuaText;
      lua_type(state: fengari.LuaState, index: number): number;
    };
  };
  export = fengari;
}

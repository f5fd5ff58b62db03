/** Reads event streams as browsers do. */
import { afterEach } from '@jest/globals';
import { Agent, EventSource } from 'undici';

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

/** A browser's EventSource, but for its token, with the values of the only root field; closed after the test. */
export function tEventSource<T extends object>(url: string, token: string) {
  const dispatcher = new Agent().compose(
    (dispatch) => (options, handler) =>
      dispatch({ ...options, headers: { ...options.headers, authorization: `Bearer ${token}` } }, handler),
  );
  const source = new EventSource(url, { node: { dispatcher } });
  const shown: T[keyof T][] = [];
  let opened = 0;
  let errors = 0;
  source.addEventListener('open', () => (opened += 1));
  source.addEventListener('error', () => (errors += 1));
  source.addEventListener('next', (event) => {
    const { data } = JSON.parse((event as unknown as { data: string }).data) as { data?: T };
    // Where it is refused or ended, errors stand in its place.
    if (data) shown.push(Object.values(data)[0] as T[keyof T]);
  });
  undos.push(() => source.close());
  return {
    shown,
    get opened() {
      return opened;
    },
    get errors() {
      return errors;
    },
    get isOver() {
      return source.readyState === source.CLOSED;
    },
  };
}

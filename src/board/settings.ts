/** Reads the settings that the service gives its board: where to connect, and with which token. */

interface Settings {
  readonly graphqlPath: string;
  /** Null when the service gives the board no token. */
  readonly token: string | null;
}

/** Half of the time for which the service's token is valid. */
const tokenAgeMs = 12 * 60 * 60_000;

/** @throws when the service does not answer with success */
async function readSettings(): Promise<Settings> {
  const response = await fetch('/board/settings.json', { cache: 'no-store' });
  if (!response.ok) throw new Error(`The service answered with ${response.status}.`);
  return (await response.json()) as Settings;
}

export interface Access {
  readonly url: string;
  /** Null when the viewer has to enter one. */
  readonly token: ((isOld: boolean) => Promise<string>) | null;
}

/** A token is fetched again when it gets old; if that fails, the known one is used. */
export async function openAccess(): Promise<Access> {
  const { graphqlPath, token } = await readSettings();
  const url = new URL(graphqlPath, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  if (token === null) return { url: url.href, token: null };
  let known = { token, at: performance.now() };
  return {
    url: url.href,
    async token(isOld) {
      if (!isOld && performance.now() - known.at < tokenAgeMs) return known.token;
      const fresh = await readSettings().catch(() => null);
      if (fresh?.token) known = { token: fresh.token, at: performance.now() };
      return known.token;
    },
  };
}

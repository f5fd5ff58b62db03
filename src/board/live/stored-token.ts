/** Remembers the token that the viewer has entered for as long as this tab lives, and nowhere else. */
const key = 'board-token';

export const storedToken = {
  read: (): string | null => sessionStorage.getItem(key),
  write: (token: string): void => sessionStorage.setItem(key, token),
  forget: (): void => sessionStorage.removeItem(key),
};

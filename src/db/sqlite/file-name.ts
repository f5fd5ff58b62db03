/** What the file of the embedded database is called, in its folder. */
export const fileName = 'dispatch.sqlite';

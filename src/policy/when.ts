/** All moments at which a change of a policy may hold; `table.ts` says what each means. */
export const WHENS = ['at-once', 'next-start', 'next-update', 'reinstall', 'with-machine'] as const;

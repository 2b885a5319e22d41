/**
 * This process, which is root’s, becomes another user for good, with no group but his. Capabilities go with it, and it was started so that
 * none come back. The first of the groups is his own.
 */
export function becomeUser({ uid, groups }: { uid: number; groups: readonly number[] }): void {
  const [gid] = groups;
  const { setgroups, setgid, setuid, getuid, geteuid } = process;
  if (gid === undefined || !setgroups || !setgid || !setuid) throw new Error('there is no other user here');
  setgroups([...groups]);
  setgid(gid);
  setuid(uid);
  if (getuid?.() !== uid || geteuid?.() !== uid) throw new Error(`this process did not become user ${uid}`);
}

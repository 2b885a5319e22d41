import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyFileTo } from '../sys/files/files.ts';
import { makeFolder } from '../sys/files/folders.ts';

const MAX_TOOL_BYTES = 1 << 20;

/** The files that go into a Linux guest; `install.sh` puts the others in place. */
export const GUEST_TOOLS = ['install.sh', 'vmware-guestd'].map((name) => ({
  name,
  path: fileURLToPath(new URL(`tools/${name}`, import.meta.url)),
}));

/** Writes them into a folder, which is made where it is not there; gives their names. @throws FILE_DENIED, DISK_FULL */
export async function writeGuestTools(folder: string): Promise<string[]> {
  await makeFolder(folder);
  for (const { name, path } of GUEST_TOOLS) await copyFileTo(path, join(folder, name), MAX_TOOL_BYTES);
  return GUEST_TOOLS.map(({ name }) => name);
}

import { fileURLToPath } from 'node:url';

/** The files that go into a Linux guest; `install.sh` puts the others in place. */
export const GUEST_TOOLS = ['install.sh', 'vmware-guestd'].map((name) => ({
  name,
  path: fileURLToPath(new URL(`tools/${name}`, import.meta.url)),
}));

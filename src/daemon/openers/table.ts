import { forgetPassword, openByPassword } from '../../install/opening/password.ts';
import { forgetOutput } from '../../install/opening/script-output.ts';
import type { Opened } from '../../install/opening/write-disks.ts';
import type { AuthenticationType, Opener } from './opener.ts';
import { openByScript } from './script.ts';
import { usersAndGroups } from './users-and-groups.ts';

const nothing = async () => undefined;
/** Its disks are not encrypted. */
const IN_CLEAR: Opened = { encrypts: false };

/** Every way in which a machine is opened, by the type of its authentication: what is added gets a file of its own, and a row here. */
export const OPENERS: { readonly [Type in AuthenticationType]: Opener<Type> } = {
  none: { open: async () => IN_CLEAR, forget: nothing },
  password: {
    open: ({ state, vm, secrets, now }) => openByPassword(state, vm, secrets, now),
    forget: forgetPassword,
  },
  'users-and-groups': { ...usersAndGroups, open: openInClear(usersAndGroups.open) },
  script: { open: openByScript, forget: forgetOutput },
};

function openInClear<A>(open: (attempt: A) => Promise<void>): (attempt: A) => Promise<Opened> {
  return async (attempt) => {
    await open(attempt);
    return IN_CLEAR;
  };
}

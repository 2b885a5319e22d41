import { forgetPassword, openByPassword } from '../../install/opening/password.ts';
import { forgetOutput } from '../../install/opening/script-output.ts';
import type { AuthenticationType, Opener } from './opener.ts';
import { openByScript } from './script.ts';
import { usersAndGroups } from './users-and-groups.ts';

const nothing = async () => undefined;

/** Every way in which a machine is opened, by the type of its authentication: what is added gets a file of its own, and a row here. */
export const OPENERS: { readonly [Type in AuthenticationType]: Opener<Type> } = {
  none: { open: nothing, forget: nothing },
  password: {
    open: ({ state, vm, authentication, secrets, now }) => openByPassword(state, vm, authentication, secrets, now),
    forget: forgetPassword,
  },
  'users-and-groups': usersAndGroups,
  script: { open: openByScript, forget: forgetOutput },
};

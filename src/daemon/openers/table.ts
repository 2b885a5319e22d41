import { forgetPassword, openByPassword } from '../../install/opening/password.ts';
import { forgetOutput } from '../../install/opening/script-output.ts';
import { AppError } from '../../lib/errors.ts';
import type { AuthenticationType, Opener } from './opener.ts';
import { openByScript } from './script.ts';

const nothing = async () => undefined;

/** Every way in which a machine is opened, by the type of its authentication: what is added gets a file of its own, and a row here. */
export const OPENERS: { readonly [Type in AuthenticationType]: Opener<Type> } = {
  none: { open: nothing, forget: nothing },
  password: {
    open: ({ state, vm, authentication, secrets, now }) => openByPassword(state, vm, authentication, secrets, now),
    forget: forgetPassword,
  },
  'users-and-groups': { open: notEnforced, forget: nothing },
  script: { open: openByScript, forget: forgetOutput },
};

/** An installation refuses such a policy before; this is for one that came here in another way. */
async function notEnforced({ vm }: { vm: string }): Promise<void> {
  throw new AppError('POLICY_NOT_ENFORCED', `${vm}: nothing enforces authentication.type yet`);
}

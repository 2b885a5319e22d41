import { AppError } from '../../lib/errors.ts';
import type { AskedDevices } from '../../pages/device-routes.ts';
import { type Account, fullName } from '../../policy/parts/account.ts';
import { domainName } from '../../policy/parts/domain.ts';
import type { RunningMachine } from '../../run/machine/machine.ts';
import { askDomain } from '../../servers/directory/ask-domain.ts';
import { printerQueues } from '../../sys/printing/queues.ts';
import { listDevices } from './devices.ts';
import { runsNot } from './running-sockets.ts';

interface SigningIn {
  device: string;
  user?: string;
  password?: string;
  signal: AbortSignal;
}

/** What an administrator connects to the machines of his project that run here; files are opened as root, who runs them. */
export function devicesOfRuns(folder: string, find: (vm: string) => RunningMachine | undefined): AskedDevices {
  const running = (vm: string): RunningMachine => {
    const machine = find(vm);
    if (!machine) throw runsNot(vm);
    return machine;
  };
  const list = async (vm: string) => ({
    vm,
    devices: (await find(vm)?.devices.list()) ?? (await listDevices(folder, vm)),
  });
  return {
    list,
    queues: async () => ({ queues: await printerQueues() }),
    async connect(vm, { device, file, queue, force: isForced, ...who }, signal) {
      const machine = running(vm);
      const account = await accountFor(machine, { device, ...who, signal });
      await machine.devices.connect(device, { what: file ?? queue, isForced, uid: undefined }, account);
      return list(vm);
    },
    async disconnect(vm, device, isForced) {
      await running(vm).devices.disconnect(device, isForced);
      return list(vm);
    },
  };
}

/**
 * Who connects it, in preview of a policy that asks for it, as the domain says now. Wrong passwords are not counted: there is no user
 * here whose machine somebody else could try to open.
 * @throws ACCOUNT_*, DOMAIN_*, PASSWORD_WRONG
 */
async function accountFor(
  { access, devices, spec }: RunningMachine,
  { device, user = '', password = '', signal }: SigningIn,
): Promise<Account | undefined> {
  const rule = devices.ruleOf(device);
  if (rule.type !== 'users-and-groups') return undefined;
  const { domain } = access.policy.document;
  if (domain === undefined) throw new AppError('DOMAIN_UNSET', `the policy of ${spec.name} names no domain`);
  const name = domainName(domain);
  if (user.trim() === '' || password === '')
    throw new AppError(
      'ACCOUNT_NEEDED',
      `“${device}” of ${spec.name} is connected with a name and password of ${name}`,
    );
  return askDomain(domain, { user: fullName(user, name), password, groups: rule.groups, signal });
}

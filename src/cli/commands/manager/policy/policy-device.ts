import { type Command, Option } from 'commander';
import { AppError } from '../../../../lib/errors.ts';
import { setPolicy } from '../../../../manager/policies/set-policy.ts';
import { type DeviceRule, ruleOf } from '../../../../policy/devices.ts';
import { addCommand } from '../../../program.ts';
import { print } from '../../../terminal/print.ts';

interface RuleOptions {
  directory: string;
  nobody?: true;
  everybody?: true;
  user?: string[];
  group?: string[];
  script?: string;
  argument?: string[];
  timeout?: string;
  network?: true;
}

/** `policy device`: who may connect a device of a machine. */
export function addPolicyDeviceCommand(policy: Command): void {
  addCommand<RuleOptions>(
    policy,
    'device <vm> <device>',
    'set who may connect a device to a machine while it runs',
    async (context, { directory, ...options }, vm = '', device = '') => {
      const wanted = ruleBy(options);
      const { value, inForce } = await setPolicy(directory, vm, 'devices', (before) => ({
        ...before,
        [device]: wanted,
      }));
      const rule = ruleOf(value, device);
      print(context, rule, `${vm}: “${device}”: ${ruleText(rule)}; ${inForce}`);
    },
  )
    .option('--nobody', 'nobody may connect it')
    .option('--everybody', 'whoever uses the machine may')
    .option('--user <name...>', 'these users of the project’s domain may: alice, alice@acme.example or S-1-5-…')
    .option('--group <name...>', 'users in these groups may')
    .option('--script <name>', 'this file of resources/ decides: it writes TRUE or FALSE')
    .option('--argument <text...>', 'what the script is started with')
    .addOption(new Option('--timeout <duration>', 'how long the script may take: 10s'))
    .option('--network', 'the script has the computer’s network');
}

/** What the schema is to make of the options. @throws USAGE */
function ruleBy({
  nobody,
  everybody,
  user,
  group,
  script,
  argument,
  timeout,
  network,
}: Omit<RuleOptions, 'directory'>) {
  const isByAccount = user !== undefined || group !== undefined;
  if ([nobody, everybody, isByAccount, script !== undefined].filter(Boolean).length !== 1)
    throw new AppError('USAGE', 'say one of: --nobody, --everybody, --user and --group, --script');
  if (nobody) return { type: 'nobody' };
  if (everybody) return { type: 'everybody' };
  if (isByAccount) return { type: 'users-and-groups', users: user ?? [], groups: group ?? [] };
  const more = { ...(argument ? { arguments: argument } : {}), ...(timeout === undefined ? {} : { timeout }) };
  return { type: 'script', file: script, ...more, ...(network ? { network } : {}) };
}

function ruleText(rule: DeviceRule): string {
  switch (rule.type) {
    case 'nobody':
      return 'nobody may connect it';
    case 'everybody':
      return 'everybody may connect it';
    case 'users-and-groups':
      return `these may connect it: ${[...rule.users, ...rule.groups].join(', ')}`;
    case 'script':
      return `${rule.file} decides`;
  }
}

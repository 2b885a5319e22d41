import { type Command, Option } from 'commander';
import { AppError } from '../../../../lib/errors.ts';
import { offerHotFixes } from '../../../../manager/hot-fixes/offer.ts';
import { setPolicy } from '../../../../manager/policies/set-policy.ts';
import { PASSWORD_CLASS_NAMES } from '../../../../policy/authentication.ts';
import {
  type AuthenticationChange,
  authenticationText,
  changeAuthentication,
} from '../../../../policy/edit/edit-authentication.ts';
import { changeExpiration, type ExpirationChange } from '../../../../policy/edit/edit-expiration.ts';
import { Exit } from '../../../../policy/exit.ts';
import { NEVER } from '../../../../policy/expiration.ts';
import type { HotFixes } from '../../../../policy/hot-fixes.ts';
import { limitOf } from '../../../../policy/parts/term.ts';
import { day, wholeNumber } from '../../../arguments.ts';
import { addCommand } from '../../../program.ts';
import { print } from '../../../terminal/print.ts';
import { addPolicyDeviceCommand } from './policy-device.ts';

interface Located {
  directory: string;
}

/** `policy authentication`, `policy expiration` and `policy copy-protection`: who may open a machine, how long, and where. */
export function addPolicySetCommands(policy: Command): void {
  addAuthenticationCommand(policy);
  addPolicyDeviceCommand(policy);

  addCommand<Located & ExpirationChange>(
    policy,
    'expiration <vm>',
    'set how long a machine may be used on users’ computers',
    async (context, { directory, ...change }, vm = '') => {
      const limits = [change.never, change.days !== undefined, change.date !== undefined].filter(Boolean);
      if (limits.length > 1) throw new AppError('USAGE', 'say one of: --never, --days, --date');
      const { value = NEVER, inForce } = await setPolicy(directory, vm, 'expiration', (before) =>
        changeExpiration(before, change),
      );
      print(context, value, `${vm}: expiration ${limitOf(value)}; ${inForce}`);
    },
  )
    .option('--never', 'without end')
    .addOption(new Option('--days <number>', 'so many days after the day of installation').argParser(wholeNumber))
    .option('--date <day>', 'on this day for the last time: 2026-12-31', day)
    .option('--message <text>', 'shown once its time is over')
    .option('--warn-before <duration>', 'how long before the end its user is warned: 12h, 7d')
    .option('--warning <text>', 'what he is told then')
    .option('--renewal <name>', 'the plug-in that may give it more time: a file of resources/')
    .option('--no-renewal', 'no plug-in is asked')
    .option('--argument <text...>', 'what the plug-in is started with')
    .option('--timeout <duration>', 'how long the plug-in may take: 10s')
    .option('--network', 'the plug-in has the computer’s network')
    .option('--no-network', 'the plug-in has no network');

  addCommand<Located>(
    policy,
    'exit <vm> <suspend|power-off|ask>',
    'set what comes of a machine when its player is closed',
    async (context, { directory }, vm = '', word = '') => {
      const { data: exit } = Exit.safeParse({ behaviour: word });
      if (!exit) throw new AppError('USAGE', `say suspend, power-off or ask, not ${word}`);
      const { value, inForce } = await setPolicy(directory, vm, 'exit', () => exit);
      print(context, value, `${vm}: when its player is closed: ${word}; ${inForce}`);
    },
  );

  addCommand<Located>(
    policy,
    'copy-protection <vm> <on|off>',
    'set whether a machine runs only where it was installed',
    async (context, { directory }, vm = '', word = '') => {
      if (word !== 'on' && word !== 'off') throw new AppError('USAGE', `say on or off, not ${word}`);
      const enabled = word === 'on';
      const { value, inForce } = await setPolicy(directory, vm, 'copyProtection', () => ({ enabled }));
      print(context, value, `${vm}: copy protection ${word}; ${inForce}`);
    },
  );

  addCommand<Located & OfferOptions>(
    policy,
    'hot-fixes <problem...>',
    'set what users of the project may ask hot fixes for: password, expired, moved; or off',
    async (context, { directory, ...change }, ...given) => {
      const problems = given.flat();
      const isOff = problems.join() === 'off';
      const value = await offerHotFixes(directory, (before) => (isOff ? undefined : changed(before, problems, change)));
      const text = value ? `for ${value.problems.join(', ')}, asked by ${value.askedBy}` : 'off';
      print(context, value ?? null, `hot fixes ${text}; in force with the next deploy or package`);
    },
  )
    .addOption(new Option('--asked-by <who>', 'who may ask').choices(['users', 'root']))
    .option('--email <address>', 'where requests are sent; "" for nowhere')
    .option('--subject <text>', 'the subject of such a mail; "" for the usual one')
    .option('--telephone <number>', 'who is called where there is no network; "" for nobody')
    .option('--instructions <text>', 'what else users are told; "" for nothing');
}

interface OfferOptions {
  askedBy?: 'users' | 'root';
  email?: string;
  subject?: string;
  telephone?: string;
  instructions?: string;
}

/** What is not said stays; what is empty goes. */
function changed(before: HotFixes | undefined, problems: readonly string[], change: OfferOptions): object {
  const { askedBy, email, subject, telephone, instructions } = change;
  const given = Object.entries({ askedBy, email, subject, telephone, instructions }).filter(
    ([, value]) => value !== undefined,
  );
  const merged = Object.entries({ ...before, ...Object.fromEntries(given) }).filter(([, value]) => value !== '');
  return { ...Object.fromEntries(merged), problems };
}

function addAuthenticationCommand(policy: Command): void {
  addCommand<Located & AuthenticationChange>(
    policy,
    'authentication <vm>',
    'set what opens a machine on users’ computers',
    async (context, { directory, ...change }, vm = '') => {
      const types = [change.none, change.password, change.usersAndGroups, change.script].filter(Boolean);
      if (types.length > 1) throw new AppError('USAGE', 'say one of: --none, --password, --users-and-groups, --script');
      const { value = { type: 'none' as const }, inForce } = await setPolicy(
        directory,
        vm,
        'authentication',
        (before) => changeAuthentication(before, change),
      );
      print(context, value, `${vm} is opened ${authenticationText(value)}; ${inForce}`);
    },
  )
    .option('--none', 'anybody who may use the machine')
    .option('--password', 'a password that its user chooses at the first opening')
    .addOption(
      new Option('--minimum-length <number>', 'characters that a password has at least').argParser(wholeNumber),
    )
    .option('--no-minimum-length', 'a password may be as short as its user likes')
    .addOption(new Option('--contents <class...>', 'what must occur in a password').choices([...PASSWORD_CLASS_NAMES]))
    .option('--no-contents', 'nothing has to occur in a password')
    .option('--users-and-groups', 'accounts of the project’s domain, by name and password')
    .option('--add-user <name...>', 'a user who may: alice, alice@acme.example or S-1-5-…')
    .option('--remove-user <name...>', 'a user who may no more')
    .option('--add-group <name...>', 'a group whose users may, those who are in it through other groups too')
    .option('--remove-group <name...>', 'a group whose users may no more')
    .option('--offline <duration>', 'so long without the domain, counted from when it was asked last: 14d')
    .option('--no-offline', 'the domain has to answer each time')
    .option('--script <name>', 'what this file of resources/ writes, the same each time')
    .option('--argument <text...>', 'what the script is started with')
    .option('--timeout <duration>', 'how long the script may take: 10s')
    .option('--network', 'the script has the computer’s network')
    .option('--no-network', 'the script has no network')
    .option('--message <text>', 'told to whom the script does not let in')
    .option('--no-message', 'he is told no text of yours');
}

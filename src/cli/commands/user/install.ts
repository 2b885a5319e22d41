import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import {
  type HostChange,
  HostRules,
  type InstalledAnswer,
  type InstallRequest,
  type MachineChange,
  type PolicyAnswer,
  ProgressLine,
  type UpdateRequest,
} from '../../../api/install.ts';
import { ROUTES } from '../../../api/routes.ts';
import { AppError } from '../../../lib/errors.ts';
import type { AsJson } from '../../../lib/json.ts';
import { whenText } from '../../../policy/reading/changes.ts';
import { hostPolicyText } from '../../../quarantine/host-policy-text.ts';
import { userNamed } from '../../../sys/programs/users.ts';
import { addCommand, type Context } from '../../program.ts';
import {
  addPackageSecretOptions,
  askedPackageSecret,
  type PackageSecretOptions,
  packageSecret,
} from '../../secrets/package-secret.ts';
import { askLines, isFailure, parseAnswer, type Route, requireOwnSocket, type ServiceOptions } from '../../service.ts';
import { isAgreed, isConfirmedByName, namesIn } from '../../terminal/confirm.ts';
import { print, printStep } from '../../terminal/print.ts';
import { progressLine } from '../../terminal/progress.ts';

interface InstallOptions extends ServiceOptions, PackageSecretOptions {
  fingerprint?: string;
  yes?: boolean;
  keepOld?: boolean;
  acceptHostPolicy?: string;
  for?: string;
}

const DONE = {
  add: 'installed',
  replace: 'replaced',
  keep: 'was installed already',
  mend: 'mended',
  refuse: 'stays as it is',
};

/** A package as the user named it: an address, or a folder’s whole path. */
export function sourceOf(given: string): string {
  return /^[a-z]+:\/\//.test(given) ? given : resolve(given);
}

export function addInstallCommand(program: Command): void {
  const command = addCommand<InstallOptions>(
    program,
    'install <package>',
    'install a package from a folder or an address',
    async (context, options, given = '') => {
      const result = await installAsking(context, options, ROUTES.install, {
        source: sourceOf(given),
        replace: options.yes === true,
        keepOld: options.keepOld === true,
        ...(await packageSecret(options)),
        ...(options.for === undefined ? {} : { for: await newOwner(options.for) }),
        ...(options.acceptHostPolicy === undefined ? {} : { consentTo: options.acceptHostPolicy.toLowerCase() }),
        ...(options.fingerprint === undefined ? {} : { fingerprint: options.fingerprint.toLowerCase() }),
      });
      print(context, result, resultText(result));
    },
  );
  addPackageSecretOptions(command)
    .option('--fingerprint <hex>', 'the project’s fingerprint, as your administrator told you')
    .option(
      '--for <whom>',
      'whose its new machines are to be: all, or a user; without it yours, and what root installs everybody’s',
    )
    .option('--keep-old', 'keep the former systems, to be rolled back to')
    .option('--accept-host-policy <digest>', 'consent to exactly these rules for this computer itself')
    .option('--yes', 'go on although what was changed in replaced machines is lost');
}

/** @throws USAGE */
async function newOwner(whom: string): Promise<'all' | number> {
  if (whom === 'all') return whom;
  const uid = await userNamed(whom);
  if (uid === undefined) throw new AppError('USAGE', `this computer has no user ${whom}`);
  return uid;
}

const OVER = 'by the policy in the package its time is over: it does not start before its administrator gives it more';

export function resultText(result: AsJson<InstalledAnswer>): string {
  const machines = result.machines.map((machine) => {
    const when = machine.afterStop ? '; it takes effect at its next start' : '';
    return `${machine.vm} ${DONE[machine.action]}${when}${lossOf(machine)}`;
  });
  const notes = result.notes?.split('\n') ?? [];
  const policies = result.policies.flatMap(policyLines);
  const host = hostLines(result.host, 'as you consented to now');
  return [`package ${result.package} of ${result.project.name}`, ...notes, ...machines, ...policies, ...host].join(
    '\n  ',
  );
}

/** What the user has, and has not, of a machine that is replaced. */
export function lossOf({ action, losesChanges, losesMemory, unusable = [], isOver }: MachineChange): string {
  const names = unusable.map((name) => `“${name}”`).join(', ');
  const memory = losesMemory ? '; it is suspended and cannot go on then: what is in its memory alone is lost' : '';
  const over = isOver ? `; ${OVER}` : '';
  const more = `${memory}${names === '' ? '' : `; its snapshots ${names} cannot be gone back to then`}${over}`;
  if (action !== 'replace') return more;
  if (losesChanges) return `; what was changed in it is lost${more}`;
  return `; what was changed on its system disk is lost, its data disk stays as it is${more}`;
}

/** What becomes of the rules for this computer itself; `lazaret status` says whether they are in force. */
export function hostLines(host: AsJson<HostChange>, ask: string): string[] {
  const rules = 'rules for this computer itself';
  if (host.action === 'ask') return [`${rules}: ${ask}, of digest ${host.digest}`];
  if (host.action === 'keep') return [`${rules}: as you consented to`];
  return host.action === 'drop' ? [`${rules}: the project has none any more`] : [];
}

export function policyLines({ vm, action, changes }: PolicyAnswer): string[] {
  if (action === 'absent') return [`policy of ${vm}: the machine is not installed here`];
  if (action === 'with-machine') return [];
  if (action === 'keep' || changes.length === 0) return [`policy of ${vm}: as it was`];
  return changes.map(({ section, when }) => `policy of ${vm}: ${section} ${whenText(when)}`);
}

type Body = Partial<InstallRequest & UpdateRequest>;

/** Installs; where the service wants to be told something first, the user is asked, if there is one. `told` is what was said in the end. */
export async function installAsking<Answer, B extends Body>(
  context: Context,
  options: ServiceOptions,
  route: Route<Answer, B>,
  body: B,
  told?: (body: B) => void,
): Promise<AsJson<Answer>> {
  told?.(body);
  // It would be everybody’s without anybody having said so.
  if (body.for !== 'all') await requireOwnSocket(options, context.signal);
  try {
    return await install(context, options, route, body);
  } catch (error) {
    const answered = await answer(context, error, body);
    if (!answered) throw error;
    return installAsking(context, options, route, { ...body, ...answered }, told);
  }
}

async function install<Answer, B>(
  context: Context,
  options: ServiceOptions,
  route: Route<Answer, B>,
  body: B,
): Promise<AsJson<Answer>> {
  const progress = progressLine(context);
  for await (const line of askLines(options, route, { body, signal: context.signal })) {
    const answered = parseAnswer(line, ProgressLine);
    if ('result' in answered) return parseAnswer(answered.result, route.answer);
    const { step, what, doneBytes, totalBytes } = answered.progress;
    if (step === 'fetch') progress.show('fetching', doneBytes, totalBytes);
    else printStep(context, stepText(step, what));
  }
  throw new AppError('DAEMON_UNREACHABLE', 'the service ended before the installation did');
}

function stepText(step: 'rebuild' | 'switch', what: string): string {
  return step === 'rebuild' ? `building the disk, layer ${what}` : `${what}: its system is in place`;
}

/** What a person at the terminal says to a failure that is a question, or undefined. */
async function answer(context: Context, error: unknown, given: Body): Promise<Body | undefined> {
  if (!isFailure(error)) return undefined;
  const ask = async <T>(message: string, then: T) => ((await isAgreed(context, message)) ? then : undefined);
  switch (error.code) {
    case 'TRUST_CONFIRM': {
      const { fingerprint } = z.object({ fingerprint: z.string().optional() }).parse(error.details);
      if (given.fingerprint !== undefined || fingerprint === undefined) return undefined;
      return ask(`${error.reason}\nIs that the fingerprint your administrator told you?`, { fingerprint });
    }
    case 'HOST_CONFIRM': {
      const { digest, policy } = parseAnswer(error.details, HostRules);
      const question = 'Machines are not affected. Do you consent to these rules for this computer?';
      return ask(`${hostPolicyText(policy)}\n${question}`, { consentTo: digest });
    }
    case 'INSTALL_CONFIRM': {
      const isTyped = !given.replace && (await isConfirmedByName(context, error.reason, namesIn(error.details)));
      return isTyped ? { replace: true } : undefined;
    }
    case 'PACKAGE_LOCKED':
      return given.secret === undefined ? askedPackageSecret(error) : undefined;
    case 'UPDATE_FULL':
      return given.full === false ? ask(`${error.reason}. Go on?`, { full: true }) : undefined;
    case 'VOLUME_MISSING':
    case 'VOLUME_WRONG':
      return (await isAgreed(context, `${error.reason}.\nIs it there now?`, true)) ? {} : undefined;
    default:
      return undefined;
  }
}

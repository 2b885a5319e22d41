import type { Command } from 'commander';
import { FailureCode } from '../../../api/failure.ts';
import type { PlanAnswer } from '../../../api/install.ts';
import { ROUTES } from '../../../api/routes.ts';
import { formatBytes } from '../../../lib/bytes.ts';
import { typed } from '../../../lib/command-words.ts';
import { AppError, ERRORS } from '../../../lib/errors.ts';
import type { AsJson } from '../../../lib/json.ts';
import { offerFor } from '../../../package/installer/upgrade.ts';
import { hostPolicyText } from '../../../quarantine/host-policy-text.ts';
import { inPlaceOf } from '../../newer-lazaret.ts';
import { addCommand } from '../../program.ts';
import {
  addPackageSecretOptions,
  askedPackageSecret,
  type PackageSecretOptions,
  packageSecret,
} from '../../secrets/package-secret.ts';
import { askOnce, type ServiceOptions } from '../../service.ts';
import { failureText, print } from '../../terminal/print.ts';
import { hostLines, lossOf, policyLines, sourceOf } from './install.ts';

const WOULD_BE = {
  add: 'would be installed',
  replace: 'would be replaced',
  keep: 'is installed already',
  mend: 'would be mended',
  refuse: 'would stay as it is',
};

export function addPlanCommand(program: Command): void {
  const command = addCommand<ServiceOptions & PackageSecretOptions & { fingerprint?: string }>(
    program,
    'plan <package>',
    'say what installing a package would do here; installs nothing, and fails where that would',
    async (context, options, given = '') => {
      const { fingerprint } = options;
      const body = {
        source: sourceOf(given),
        ...(await packageSecret(options)),
        ...(fingerprint === undefined ? {} : { fingerprint: fingerprint.toLowerCase() }),
      };
      const foresee = (secret: { secret?: string } = {}) =>
        askOnce(options, ROUTES.plan, { body: { ...body, ...secret }, signal: context.signal });
      const found = await foresee().catch(async (error: unknown) => {
        const secret = await askedPackageSecret(error);
        if (!secret) throw error;
        return foresee(secret);
      });
      const own = await lazaretLines(found, body.source, context.signal);
      print(context, found, [foreseenText(found), ...own].join('\n  '));
      const [problem] = found.problems;
      if (problem) process.exitCode = ERRORS[FailureCode.parse(problem.code)].exit;
    },
  );
  addPackageSecretOptions(command).option(
    '--fingerprint <hex>',
    'the project’s fingerprint, where this would be its first package here',
  );
}

function foreseenText(found: AsJson<PlanAnswer>): string {
  const { fetch, need, free } = found.bytes;
  return [
    `package ${found.package} of ${found.project.name}: ${found.kind}, to be installed until ${found.expiresAt}`,
    ...(found.notes?.split('\n') ?? []),
    ...found.machines.map(machineLine),
    ...found.policies.flatMap(policyLines),
    ...hostLines(found.host, 'need your consent'),
    ...(found.host.action === 'ask' ? hostPolicyText(found.host.policy).split('\n') : []),
    `${formatBytes(fetch)} to fetch; ${formatBytes(need)} of room needed, ${formatBytes(free)} are free`,
    ...found.problems.map((problem) => failureText(problem, '  ')),
  ].join('\n  ');
}

/** What would become of Lazaret itself, where one comes with the package. @throws INTERRUPTED, PROGRAM_* */
async function lazaretLines({ lazaret }: AsJson<PlanAnswer>, source: string, signal: AbortSignal): Promise<string[]> {
  if (!lazaret) return [];
  try {
    const offer = await offerFor(lazaret, signal);
    const { version } = offer.offered;
    if (!offer.isNewer) return [`Lazaret ${version} comes with it, and is not newer than the one that is here`];
    const command = typed(['lazaret', 'upgrade', source]);
    return [`Lazaret ${version} comes with it; root installs it${inPlaceOf(offer)}: ${command}`];
  } catch (error) {
    if (!(error instanceof AppError && error.code.startsWith('LAZARET_'))) throw error;
    return [`Lazaret comes with it, and is not for this computer: ${error.message}`];
  }
}

function machineLine(machine: PlanAnswer['machines'][number]): string {
  const when = machine.afterStop ? ', at its next start' : '';
  return `${machine.vm} ${WOULD_BE[machine.action]}${when}${lossOf(machine)}`;
}

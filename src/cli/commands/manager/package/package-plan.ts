import type { Command } from 'commander';
import { formatBytes } from '../../../../lib/bytes.ts';
import { ERRORS } from '../../../../lib/errors.ts';
import { foreseePackage } from '../../../../manager/packages/plan.ts';
import type { PackagePlan } from '../../../../package/plan/plan.ts';
import { textsOf } from '../../../../policy/reading/warning.ts';
import { addCommand } from '../../../program.ts';
import { printDoubt } from '../../../secrets/signer.ts';
import { failureText, print } from '../../../terminal/print.ts';
import { addContentOptions, type ContentOptions, contentRequest } from './package-contents.ts';

export function addPlanCommand(packages: Command): void {
  const command = addCommand<ContentOptions & { directory: string }>(
    packages,
    'plan <name>',
    'say what a package would be, and what every rule means for it; builds nothing, and fails where it could not be built',
    async (context, options, name = '') => {
      const { signal } = context;
      const { plan, doubt } = await foreseePackage(options.directory, { name, ...contentRequest(options), signal });
      printDoubt(context, doubt);
      print(context, { package: name, ...plan, warnings: textsOf(plan.warnings) }, planText(name, plan));
      const [problem] = plan.problems;
      if (problem) process.exitCode = ERRORS[problem.code].exit;
    },
  );
  addContentOptions(command);
}

function planText(
  name: string,
  { kind, generation, machines, policies, host, lazaret, bytes, problems, warnings }: PackagePlan,
): string {
  const lines = [
    `${name}: ${kind}, generation ${generation}, ${sizeText(bytes)}`,
    ...machines.flatMap(({ vm, release, version, forInstalled }) => [
      `machine ${vm}: release ${release}, version ${version}`,
      `  where it is installed: ${forInstalled}`,
    ]),
    ...policies.flatMap(({ vm, isFirst, changes }) => [
      `policy of ${vm}: ${isFirst ? 'for the first time' : changes.length === 0 ? 'as in the packages before' : ''}`.trimEnd(),
      ...changes.map(
        ({ section, text, ace }) => `  ${section} ${text}${ace === undefined ? '' : ` (VMware ACE: ${ace})`}`,
      ),
    ]),
    ...(host
      ? [
          `rules for users’ computers themselves, ${host.isNew ? 'which users are asked for' : 'as in the package before'}:`,
        ]
      : []),
    ...(host ? host.text.split('\n').map((line) => `  ${line}`) : []),
    ...(lazaret ? [`Lazaret ${lazaret.version} goes with it, for ${lazaret.processors.join(', ')}`] : []),
    ...textsOf(warnings).map((warning) => `warning: ${warning}`),
    ...problems.map((problem) => failureText(problem)),
  ];
  return lines.join('\n');
}

/** What was packed already has its size, what is new will have less than it takes now. */
function sizeText({ exact, estimated }: PackagePlan['bytes']): string {
  if (estimated === exact) return formatBytes(exact);
  if (exact === 0) return `at most ${formatBytes(estimated)} before compression`;
  return `${formatBytes(exact)} to ${formatBytes(estimated)}, depending on compression`;
}

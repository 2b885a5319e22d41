import type { Command } from 'commander';
import { z } from 'zod';
import { AppError, failureOf } from '../../lib/errors.ts';
import { doubtOfClock } from '../../manager/signing.ts';
import { checkAll } from '../../package/checks.ts';
import { MachinePolicy } from '../../policy/schema.ts';
import { formatProblem, readProject } from '../../project/open.ts';
import { ProjectFile, VmFile } from '../../project/schema.ts';
import { failureText, print, printStep } from '../print.ts';
import { addCommand } from '../program.ts';
import { printDoubt } from '../signer.ts';

export function addPolicyCommands(program: Command): void {
  const policy = program.command('policy').description('the policies as text');

  addCommand<{ directory: string }>(
    policy,
    'check',
    'say all that is wrong in the project’s files',
    async (context, { directory }) => {
      const { problems, project } = await readProject(directory);
      if (problems.length > 0)
        throw new AppError('PROJECT_INVALID', problems.map(formatProblem).join('\n'), { details: { problems } });
      const found = project ? await checkAll(project) : { problems: [], warnings: [] };
      if (project) printDoubt(context, await doubtOfClock(project, context.signal));
      for (const warning of found.warnings) printStep(context, `warning: ${warning}`);
      requireNone(found.problems.map(({ error }) => error));
      const { warnings } = found;
      print(context, { problems, warnings, machines: project?.vms.length }, 'nothing is wrong');
    },
  );

  addCommand(policy, 'schema', 'print the JSON Schemas of the project’s files, for editors', async (context) => {
    const of = (schema: z.ZodType) =>
      z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: keepDefault });
    const schemas = { 'lazaret.yaml': of(ProjectFile), 'vm.yaml': of(VmFile), 'policy.yaml': of(MachinePolicy) };
    print(context, schemas, JSON.stringify(schemas, undefined, 2));
  });
}

/** zod leaves out the default of whatever has a list of entries in it, because these are read into something else. */
function keepDefault({
  zodSchema: { _zod },
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: { default?: unknown };
}): void {
  if (_zod.def.type === 'default') jsonSchema.default = _zod.def.defaultValue;
}

/** One problem is its own failure, of several each is named. */
function requireNone([first, ...others]: readonly AppError[]): void {
  if (!first) return;
  if (others.length === 0) throw first;
  const problems = [first, ...others].map(failureOf);
  const text = problems.map((problem) => failureText(problem, '  ')).join('\n');
  throw new AppError(first.code, `several things are wrong\n${text}`, { details: { problems } });
}

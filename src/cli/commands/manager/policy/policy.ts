import type { Command } from 'commander';
import { AppError, failureOf } from '../../../../lib/errors.ts';
import { checkProject } from '../../../../manager/check-project.ts';
import { projectSchemas } from '../../../../manager/project-schemas.ts';
import { addCommand } from '../../../program.ts';
import { printDoubt } from '../../../secrets/signer.ts';
import { failureText, print, printStep } from '../../../terminal/print.ts';
import { addAdministratorAccessCommand } from './administrator-access.ts';
import { addPolicySetCommands } from './policy-set.ts';
import { addPolicyValueCommand } from './policy-value.ts';

export function addPolicyCommands(program: Command): void {
  const policy = program.command('policy').description('the policies of machines');
  addPolicySetCommands(policy);
  addPolicyValueCommand(policy);
  addAdministratorAccessCommand(policy);

  addCommand<{ directory: string }>(
    policy,
    'check',
    'say all that is wrong in the project’s files',
    async (context, { directory }) => {
      const { machines, problems, warnings, doubt } = await checkProject(directory, context.signal);
      printDoubt(context, doubt);
      for (const warning of warnings) printStep(context, `warning: ${warning}`);
      requireNone(problems.map(({ error }) => error));
      print(context, { problems, warnings, machines }, 'nothing is wrong');
    },
  );

  addCommand(policy, 'schema', 'print the JSON Schemas of the project’s files, for editors', async (context) => {
    const schemas = projectSchemas();
    print(context, schemas, JSON.stringify(schemas, undefined, 2));
  });
}

/** One problem is its own failure, of several each is named. */
function requireNone([first, ...others]: readonly AppError[]): void {
  if (!first) return;
  if (others.length === 0) throw first;
  const problems = [first, ...others].map(failureOf);
  const text = problems.map((problem) => failureText(problem, '  ')).join('\n');
  throw new AppError(first.code, `several things are wrong\n${text}`, { details: { problems } });
}

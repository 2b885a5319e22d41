import type { Command } from 'commander';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { publishedManifests } from '../../package/build/published.ts';
import { missingPlugins } from '../../package/build/resources.ts';
import { requireRecoveryKey } from '../../package/plan/rules.ts';
import { MachinePolicy } from '../../policy/schema.ts';
import { projectPaths } from '../../project/layout.ts';
import { formatProblem, readProject } from '../../project/open.ts';
import { ProjectFile, VmFile } from '../../project/schema.ts';
import { print } from '../print.ts';
import { addCommand } from '../program.ts';

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
      if (project) {
        requireRecoveryKey(project, await publishedManifests(projectPaths(directory).packages));
        for (const missing of await missingPlugins(project, project.vms)) throw missing;
      }
      print(context, { problems, machines: project?.vms.length }, 'nothing is wrong');
    },
  );

  addCommand(policy, 'schema', 'print the JSON Schemas of the project’s files, for editors', async (context) => {
    const of = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    const schemas = { 'lazaret.yaml': of(ProjectFile), 'vm.yaml': of(VmFile), 'policy.yaml': of(MachinePolicy) };
    print(context, schemas, JSON.stringify(schemas, undefined, 2));
  });
}

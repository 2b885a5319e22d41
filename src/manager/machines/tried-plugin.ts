import { join } from 'node:path';
import type { Script } from '../../policy/parts/script.ts';
import { vmPaths } from '../../project/layout.ts';
import type { Project, ProjectVm } from '../../project/open.ts';
import type { PluginAnswer } from '../../quarantine/plugin.ts';
import { pluginUser } from '../../run/machine/host/users.ts';
import { askPlugin } from '../../run/plugins/plugin.ts';
import { PREVIEW_NUMBER } from './preview-number.ts';
import { projectPlugins } from './project-plugins.ts';

/** What the project’s own plug-in says to a descriptor, asked as with `nq-set -n`. */
export async function tryPluginOf(
  project: Project,
  { name, file }: ProjectVm,
  script: Script,
  descriptor: string | undefined,
  signal: AbortSignal,
): Promise<PluginAnswer> {
  const about = { project: project.file.value.fingerprint, vmId: file.value.id };
  const source = projectPlugins(project, join(vmPaths(project.folder, name).folder, 'plugin-tried'));
  const question = { script, event: 'dry' as const, descriptor, ...about, signal };
  return (await askPlugin(question, source, pluginUser(PREVIEW_NUMBER))).answer;
}

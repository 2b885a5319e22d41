import { AppError } from '../../../lib/errors.ts';
import { noSteps, type Steps } from '../../../lib/steps.ts';
import { isThere, removeFile } from '../../../sys/files/files.ts';
import { loseName, removeFolder, removeIfEmpty, removeTemporary } from '../../../sys/files/folders.ts';
import { pinnedProject } from '../../../trust/verify/client.ts';
import { instanceNames } from '../../state/instances.ts';
import { computerPaths } from '../../state/layout.ts';
import { ROOT } from '../../state/machine/owner.ts';
import { lossText, removable, uninstall } from './uninstall.ts';

/** What is lost with a state folder must have been confirmed. @throws UNINSTALL_CONFIRM */
export async function requireForgetting(state: string, isConfirmed: boolean): Promise<void> {
  if (isConfirmed) return;
  const machines = await removable(state, await instanceNames(state), ROOT);
  const project = await knownProject(state);
  if (machines.length === 0 && project === undefined) return;
  const lost = machines.length === 0 ? '' : `, and ${lossText(machines)} and all that was changed in it gone for good`;
  const message = `${project ?? 'no project'} would be forgotten${lost}`;
  throw new AppError('UNINSTALL_CONFIRM', message, { details: { machines } });
}

/** A computer whose folder of trust is damaged may forget it all the same. */
async function knownProject(state: string): Promise<string | undefined> {
  const { trust } = computerPaths(state);
  if (!(await isThere(trust))) return undefined;
  try {
    const project = await pinnedProject(trust);
    return project && `project ${project.name}`;
  } catch (error) {
    if (error instanceof AppError) return 'a project whose files are damaged';
    throw error;
  }
}

/**
 * Removes all machines, and all that is known of their project: afterwards another one may be installed. As long as the
 * project is known, what is left is its own; its floors go after it, so that no step leaves it without them. Files that
 * are not ours stay, and the folder with them.
 */
export async function forgetProject(state: string, steps: Steps = noSteps): Promise<void> {
  const paths = computerPaths(state);
  for (const vm of await instanceNames(state)) await uninstall(state, vm, steps);
  const { instances, layers, packed, files, staging, plugins, policies, seal } = paths;
  for (const folder of [instances, layers, packed, files, staging, plugins, policies, seal]) await removeFolder(folder);
  for (const file of [
    paths.resources,
    paths.packageServer,
    paths.directory,
    paths.accel,
    paths.hostPolicy,
    paths.hostNames,
  ])
    await removeFile(file);
  await steps('nothing but trust');
  if (await isThere(paths.trust)) await loseName(paths.trust);
  await steps('no trust');
  for (const file of [paths.floor, paths.events, `${paths.events}.1`]) await removeFile(file);
  await removeTemporary(state);
  await removeFile(paths.lock);
  await removeIfEmpty(state);
}

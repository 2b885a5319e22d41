import { basename } from 'node:path';
import { resourceFiles } from '../../package/build/resources.ts';
import type { Project } from '../../project/open.ts';
import type { PluginSource } from '../../run/plugins/plugin.ts';

/** Machines of a project get the highest numbers, so that they do not meet those installed on the same computer. */
export const PREVIEW_NUMBER = 16_383;

/** The plug-ins of a project’s machine: the administrator’s own files as they are now. `folder` is made for each run. */
export function projectPlugins(project: Project, folder: string): PluginSource {
  return {
    async files() {
      return (await resourceFiles(project)).map((path) => ({ name: basename(path), path }));
    },
    folder,
  };
}

import { basename } from 'node:path';
import { resourceFiles } from '../../package/build/resources.ts';
import type { Project } from '../../project/open.ts';
import type { PluginSource } from '../../run/plugins/plugin.ts';

/** The plug-ins of a project’s machine: the administrator’s own files as they are now. `folder` is made for each run. */
export function projectPlugins(project: Project, folder: string): PluginSource {
  return {
    async files() {
      return (await resourceFiles(project)).map((path) => ({ name: basename(path), path }));
    },
    folder,
  };
}

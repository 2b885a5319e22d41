import { join } from 'node:path';
import { computerPaths, filePath } from '../../install/state/layout.ts';
import { readResources } from '../../install/state/resources.ts';
import type { PluginSource } from '../../run/plugins/plugin.ts';

/** The plug-ins of an installed machine: the resources that a package brought last, each with its digest. */
export function installedPlugins(state: string, vm: string): PluginSource {
  return {
    async files() {
      const resources = await readResources(state);
      return resources.map(({ name, sha256 }) => ({ name, sha256, path: filePath(state, sha256) }));
    },
    folder: join(computerPaths(state).plugins, vm),
  };
}

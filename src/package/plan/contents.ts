import { AppError } from '../../lib/errors.ts';
import { type Project, vmNamed } from '../../project/open.ts';
import type { PackageKind } from '../manifest.ts';
import type { Contents } from './rules.ts';

/**
 * What goes into a package of a kind. `vms` and `policies` are names: none means all, but in a `custom` package, which has
 * what is named alone.
 * @throws PACKAGE_EMPTY, VM_UNKNOWN, USAGE (policies by name in another kind)
 */
export function contentsOf(
  project: Project,
  kind: PackageKind,
  vms: readonly string[],
  policies: readonly string[] = [],
  resources = false,
): Contents {
  const named = (names: readonly string[]) => names.map((name) => vmNamed(project, name));
  const chosen = vms.length > 0 ? named(vms) : project.vms;
  if (kind !== 'custom' && policies.length > 0)
    throw new AppError('USAGE', 'policies of machines that stay out go into a package of kind custom');
  const contents = {
    full: { machines: chosen, policies: [] },
    update: { machines: chosen, policies: [] },
    policy: { machines: [], policies: chosen },
    custom: { machines: named(vms), policies: named(policies.filter((name) => !vms.includes(name))) },
  }[kind];
  if (contents.machines.length + contents.policies.length === 0 && !(kind === 'custom' && resources))
    throw new AppError('PACKAGE_EMPTY', 'the package would have nothing in it');
  return contents;
}

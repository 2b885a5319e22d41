import { AppError } from '../../lib/errors.ts';
import type { Quarantine, VersionOrigin } from '../../policy/quarantine.ts';
import type { Zone } from '../../policy/zones.ts';
import { openProject, type Project, type ProjectVm, vmNamed } from '../../project/open.ts';
import type { Destination } from '../../quarantine/lists/explain.ts';
import { type PluginAnswer, voided } from '../../quarantine/plugin.ts';
import { type Impact, impact, type ReportedMachine, type Simulation, simulate } from '../../quarantine/simulate.ts';
import { descriptorMeant } from '../../quarantine/versions/versions.ts';
import { inZone, zonesOf } from '../../quarantine/zones.ts';
import { systemClock } from '../../sys/clock.ts';
import { reachedNames } from './reached-names.ts';

/** What a plug-in may be supposed to say. */
const SUPPOSED = {
  yes: { verdict: 'yes' },
  no: { verdict: 'no' },
  reject: { verdict: 'reject' },
  void: voided('PLUGIN_FAILED', 'the plug-in gave no answer'),
} as const satisfies Record<string, PluginAnswer>;
type SupposedAnswer = keyof typeof SUPPOSED;
export const SUPPOSED_ANSWERS = Object.keys(SUPPOSED) as SupposedAnswer[];

/** A question about the policy as it stands in the project. */
export interface Supposed {
  /** The version that the machine has reported, by name or descriptor. */
  version: string | undefined;
  origin: VersionOrigin | undefined;
  /** The name of the zone that its computer is in. */
  zone: string | undefined;
  to: Destination;
  /** Milliseconds since 1970; now where it is not said. */
  at: number | undefined;
  /** What the plug-in says; without it, the project’s own is asked. */
  answer: SupposedAnswer | undefined;
}

/**
 * Whether a machine of a version could reach a place, and why.
 * @throws PROJECT_*, VM_UNKNOWN, VERSION_UNKNOWN, ZONE_UNKNOWN
 */
export async function simulateAccess(
  folder: string,
  name: string,
  supposed: Supposed,
  signal: AbortSignal,
): Promise<Simulation> {
  const { origin, to, at = systemClock(), answer } = supposed;
  const project = await openProject(folder);
  const vm = vmNamed(project, name);
  const { quarantine, ipv6 } = vm.policy.value;
  const descriptor = descriptorOf(name, quarantine, supposed.version);
  const zone = zoneNamed(quarantine, supposed.zone);
  return simulate(quarantine, {
    ...{ descriptor, origin, zone, ipv6, to, now: at },
    names: await reachedNames(inZone(quarantine, zone)),
    plugin: answer === undefined ? await tryPlugin(project, vm, descriptor, signal) : SUPPOSED[answer],
  });
}

/** What the policy would do to those of the reported machines that are this one. @throws PROJECT_*, VM_UNKNOWN */
export async function impactOn(
  folder: string,
  name: string,
  reported: readonly ReportedMachine[],
  signal: AbortSignal,
): Promise<{ machines: number; groups: Impact[] }> {
  const project = await openProject(folder);
  const vm = vmNamed(project, name);
  const own = reported.filter((machine) => machine.vm === name);
  const answers = new Map<string | undefined, PluginAnswer | undefined>();
  for (const { descriptor } of own)
    if (!answers.has(descriptor)) answers.set(descriptor, await tryPlugin(project, vm, descriptor, signal));
  const groups = impact(vm.policy.value.quarantine, own, systemClock(), (descriptor) => answers.get(descriptor));
  return { machines: own.length, groups };
}

/** @throws VERSION_UNKNOWN when it is neither a descriptor nor a version’s name */
function descriptorOf(vm: string, quarantine: Quarantine, given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const meant = descriptorMeant(quarantine, given);
  if (meant === undefined) throw new AppError('VERSION_UNKNOWN', `${vm} has no version ${given}`);
  return meant;
}

/** @throws ZONE_UNKNOWN */
function zoneNamed(quarantine: Quarantine, name: string | undefined): Zone | undefined {
  if (name === undefined) return undefined;
  const zone = zonesOf(quarantine).find((one) => one.name === name);
  if (!zone) throw new AppError('ZONE_UNKNOWN', `the policy describes no zone ${name}`);
  return zone;
}

/** What the plug-in of a custom quarantine says to a descriptor; undefined with other types, which wait for no plug-in’s modules. */
async function tryPlugin(
  project: Project,
  vm: ProjectVm,
  descriptor: string | undefined,
  signal: AbortSignal,
): Promise<PluginAnswer | undefined> {
  const { quarantine } = vm.policy.value;
  if (quarantine.type !== 'custom') return undefined;
  const { tryPluginOf } = await import('../machines/tried-plugin.ts');
  return tryPluginOf(project, vm, quarantine.script, descriptor, signal);
}

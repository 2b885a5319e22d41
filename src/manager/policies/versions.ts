import { randomBytes } from 'node:crypto';
import type { Threshold, Version } from '../../policy/quarantine.ts';
import {
  versionBased,
  versionNamed,
  withoutThreshold,
  withoutVersion,
  withThreshold,
  withVersion,
  withVersionChanged,
} from '../../quarantine/edit/version-list.ts';
import { newDescriptor } from '../../quarantine/versions/descriptor.ts';
import { liveVersions } from '../../quarantine/versions/versions.ts';
import { systemClock } from '../../sys/clock.ts';
import { type ChangedPolicy, changePolicy, quarantineOf } from './change-policy.ts';

// Each of these also throws PROJECT_*, VM_UNKNOWN, and POLICY_INVALID where the machine’s quarantine is not version-based.

/** What an administrator says of a new version. */
export interface NewVersion {
  name: string;
  description?: string;
  /** Its update holds all earlier ones. */
  cumulative?: boolean;
}

/** The versions of a machine, oldest first, and the one from which on access is normal. */
export async function versionsOf(
  folder: string,
  vm: string,
): Promise<{ threshold: Threshold | undefined; versions: Version[] }> {
  const quarantine = versionBased(await quarantineOf(folder, vm));
  return { threshold: quarantine.threshold, versions: liveVersions(quarantine) };
}

/** @throws VERSION_UNKNOWN */
export async function versionOf(folder: string, vm: string, name: string): Promise<Version> {
  return versionNamed(versionBased(await quarantineOf(folder, vm)), name);
}

/** Defines the newest version, with a descriptor that no version of the machine ever had. @throws VERSION_EXISTS */
export async function addVersion(folder: string, vm: string, about: NewVersion): Promise<Version> {
  const { quarantine } = await changePolicy(folder, vm, (before) => {
    const { versions } = versionBased(before);
    const descriptor = newDescriptor(versions, () => randomBytes(4).readUInt32BE());
    const { name, description, cumulative } = about;
    const more = { ...(description === undefined ? {} : { description }), ...(cumulative ? { cumulative } : {}) };
    return withVersion(versionBased(before), { name, descriptor, ...more });
  });
  return versionNamed(versionBased(quarantine), about.name);
}

/** Gives a version another name or description; its descriptor and place stay. @throws VERSION_UNKNOWN, VERSION_EXISTS */
export async function changeVersion(
  folder: string,
  vm: string,
  name: string,
  change: { name?: string; description?: string },
): Promise<void> {
  await changePolicy(folder, vm, (before) => withVersionChanged(versionBased(before), name, change));
}

/** Removes a version, whose descriptor is never used again. @throws VERSION_UNKNOWN, VERSION_NEEDED */
export async function removeVersion(folder: string, vm: string, name: string): Promise<void> {
  await changePolicy(folder, vm, (before) => withoutVersion(versionBased(before), name));
}

/** Gives this version and newer ones normal access; with null none, with undefined all. @throws VERSION_UNKNOWN */
export async function moveThreshold(
  folder: string,
  vm: string,
  threshold: Threshold | undefined,
): Promise<ChangedPolicy> {
  return changePolicy(folder, vm, (before) => {
    const quarantine = versionBased(before);
    return threshold === undefined ? withoutThreshold(quarantine) : withThreshold(quarantine, threshold, systemClock());
  });
}

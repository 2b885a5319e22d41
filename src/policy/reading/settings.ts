import type { Authentication } from '../authentication.ts';
import type { ExitBehaviour } from '../exit.ts';
import type { Expiration } from '../expiration.ts';
import type { Quarantine } from '../quarantine.ts';
import type { MachinePolicy } from '../schema.ts';
import type { FolderAccess } from '../shared-folder.ts';
import { POLICIES, POLICY_NAMES, type PolicyName } from '../table.ts';

/** What a policy is set to, in a word: its type, or whether it asks for anything. */
export type SettingWord =
  | 'on'
  | 'off'
  | Quarantine['type']
  | Authentication['type']
  | Expiration['type']
  | ExitBehaviour
  | Exclude<FolderAccess, 'nobody'>;
export type Settings = Record<PolicyName, SettingWord>;

/**
 * What a machine’s project has set for it. What holds from a policy alone is as the one in force says; what comes with the
 * machine is as it was installed.
 */
export function settingsOf(inForce: MachinePolicy, installed: MachinePolicy): Settings {
  const words = POLICY_NAMES.map((name) => {
    const { when, absent } = POLICIES[name];
    const policy = when === 'at-once' || when === 'next-start' ? inForce : installed;
    return [name, wordFor(policy[name] ?? absent)];
  });
  return Object.fromEntries(words);
}

function wordFor(value: unknown): SettingWord {
  if (typeof value !== 'object' || value === null) return value ? 'on' : 'off';
  if ('hostToGuest' in value && typeof value.hostToGuest === 'boolean')
    return value.hostToGuest || ('guestToHost' in value && value.guestToHost === true) ? 'on' : 'off';
  // Of devices each key is a name.
  if ('behaviour' in value && typeof value.behaviour === 'string') return value.behaviour as ExitBehaviour;
  if ('access' in value && typeof value.access === 'string')
    return value.access === 'nobody' ? 'off' : (value.access as SettingWord);
  if ('type' in value && typeof value.type === 'string') return value.type as SettingWord;
  if ('enabled' in value && typeof value.enabled === 'boolean') return value.enabled === true ? 'on' : 'off';
  return Object.values(value).some((setting) => setting !== false && setting?.type !== 'nobody') ? 'on' : 'off';
}

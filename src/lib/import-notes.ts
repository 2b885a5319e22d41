/** What a file may be that a machine is added from. */
export const FOREIGN_KINDS = ['ova', 'ovf', 'vmx', 'libvirt', 'vbox', 'image'] as const;
export type ForeignKind = (typeof FOREIGN_KINDS)[number];

/** What of a machine from another program Lazaret does not take over, or takes over differently. */
export const IMPORT_NOTE_CODES = [
  'unclosed',
  'disk-left',
  'disk-empty',
  'snapshots',
  'suspended',
  'address',
  'cards',
  'bus',
  'bus-sata',
  'device',
  'device-later',
  'tpm',
  'secure-boot',
  'firmware-settings',
  'memory',
  'cpus',
  'manifest-missing',
  'signer',
  'not-understood',
] as const;
export type ImportNoteCode = (typeof IMPORT_NOTE_CODES)[number];

/** Devices that a machine does not get. */
export type ImportDevice =
  | 'sound'
  | 'floppy'
  | 'serial'
  | 'parallel'
  | 'tape'
  | '3d'
  | 'passed-through'
  | 'shared-folders';

/** What of a VMware ACE project is not carried over, or otherwise. */
export const ACE_NOTE_CODES = [
  'identity',
  'secrets',
  'project-file',
  'not-understood',
  'project-policies',
  'machine-policies',
  'quarantine-closed',
  'static-list',
  'ipv6',
  'zones-off',
  'zone-off',
  'zone-name',
  'zone-lost',
  'zone-closed',
  'zone-again',
  'zone-wider',
  'entry-open',
  'entry-closed',
  'traffic-free',
  'resource',
  'left',
  'lock',
  'suspended',
  'name',
] as const;
export type AceNoteCode = (typeof ACE_NOTE_CODES)[number];

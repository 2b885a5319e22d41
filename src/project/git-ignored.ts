/**
 * What of a project is no matter for git: what is large, what a run leaves, what is one person’s or one computer’s. Descriptions,
 * policies, keys (which their passphrase protects) and what was signed are left.
 */
const IGNORED = [
  // Disks, what lies beside them, and what starts without firmware.
  '*.qcow2',
  'vms/*/disks/releases/*.index',
  'vms/*/boot/',
  'published/packages/blobs/',
  // A machine that is suspended, and what only its administrator’s own copy has.
  'suspended',
  'memory.zst',
  'vms/*/tpm/',
  'vms/*/*.fd',
  'vms/*/snapshots/',
  'snapshot-work.json',
  'vms/*/disks/stands-on.json',
  'guest-tools.iso',
  'seed.iso',
  // What a run in preview or powered on says.
  'running.json',
  'vms/*/events.jsonl*',
  'vms/*/qemu.log*',
  // What users sent, and what is sent to one of them.
  'reports/',
  '*.hot-fix-request',
  '*.hot-fix',
  // What is there for a moment.
  'exporting.json',
  '.lock',
  '.*.tmp',
  '.uploads/',
] as const;

/** A project’s `.gitignore`. */
export const GIT_IGNORED = `${IGNORED.join('\n')}\n`;

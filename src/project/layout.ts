import { join } from 'node:path';

/** Where things lie in a project folder (design §5). */
export function projectPaths(folder: string) {
  return {
    file: join(folder, 'lazaret.yaml'),
    lock: join(folder, '.lock'),
    keys: join(folder, 'keys'),
    /** The recovery key under a passphrase of its own, where it was not put elsewhere. */
    recoveryKey: join(folder, 'keys', 'recovery.age'),
    resources: join(folder, 'resources'),
    reports: join(folder, 'reports'),
    /** What was answered to requests for hot fixes, one line each. */
    hotFixes: join(folder, 'hot-fixes.jsonl'),
    vms: join(folder, 'vms'),
    policies: join(folder, 'published', 'policies'),
    packages: join(folder, 'published', 'packages'),
    published: join(folder, 'published'),
    /** Disk images that are just being sent to the manager’s page. */
    uploads: join(folder, '.uploads'),
  };
}

export function vmPaths(folder: string, vm: string) {
  return vmPathsIn(join(projectPaths(folder).vms, vm));
}

/** The same below a machine’s own folder, wherever that is. */
export function vmPathsIn(vmFolder: string) {
  return {
    folder: vmFolder,
    file: join(vmFolder, 'vm.yaml'),
    policy: join(vmFolder, 'policy.yaml'),
    state: join(vmFolder, 'state.json'),
    /** Is there while the machine is suspended. */
    suspended: join(vmFolder, 'suspended'),
    /** Its memory meanwhile. */
    memory: join(vmFolder, 'memory.zst'),
    /** How it is run, while it is. */
    ownRun: join(vmFolder, 'running.json'),
    /** Where it is exported to, while it is. */
    exporting: join(vmFolder, 'exporting.json'),
    /** The CD with the guest tools, while the machine has it. */
    toolsDisc: join(vmFolder, 'guest-tools.iso'),
    /** What sets a cloud image up at its first boot: for the administrator alone, until that is done. */
    seed: join(vmFolder, 'seed.iso'),
    /** The state of the TPM of the administrator’s own copy. */
    tpm: join(vmFolder, 'tpm'),
    /** What the firmware of that copy keeps, without Secure Boot and with it. */
    variables: join(vmFolder, 'variables.fd'),
    secureVariables: join(vmFolder, 'secure-variables.fd'),
    /** Earlier states of that copy, one folder each, and what is just being done with them. */
    snapshots: join(vmFolder, 'snapshots'),
    snapshotWork: join(vmFolder, 'snapshot-work.json'),
    /** The disks of snapshots, and which of them the present ones stand on. */
    kept: join(vmFolder, 'disks', 'kept'),
    standsOn: join(vmFolder, 'disks', 'stands-on.json'),
    work: join(vmFolder, 'disks', 'work.qcow2'),
    data: join(vmFolder, 'disks', 'data.qcow2'),
    releases: join(vmFolder, 'disks', 'releases'),
    kernel: join(vmFolder, 'boot', 'kernel'),
    initrd: join(vmFolder, 'boot', 'initrd'),
  };
}

/** Where the files of one snapshot lie, but for its disks. */
export function snapshotFiles(folder: string) {
  return {
    folder,
    file: join(folder, 'snapshot.json'),
    /** Empty disks, until they are put on those that are kept. */
    nextWork: join(folder, 'next-work.qcow2'),
    nextData: join(folder, 'next-data.qcow2'),
    state: join(folder, 'state.json'),
    variables: join(folder, 'variables.fd'),
    secureVariables: join(folder, 'secure-variables.fd'),
    tpm: join(folder, 'tpm.state'),
    seed: join(folder, 'seed.iso'),
    /** Of one that was suspended: its memory, what is noted of it, and the CD that it had in its drive. */
    note: join(folder, 'memory.json'),
    memory: join(folder, 'memory.zst'),
    toolsDisc: join(folder, 'guest-tools.iso'),
  };
}

/** What the keys of a project are for: roots, what is in packages, what is in policies, answers to requests for hot fixes. */
export const KEY_ROLES = ['root', 'release', 'policy', 'hot-fix'] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

export function keyPath(folder: string, role: KeyRole): string {
  return join(projectPaths(folder).keys, `${role}.pem`);
}

/** The key that is about to take its place. */
export function nextKeyPath(folder: string, role: KeyRole): string {
  return join(projectPaths(folder).keys, `${role}.next.pem`);
}

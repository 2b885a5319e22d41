import { join } from 'node:path';

/** Where things lie on a user’s computer (design §5). */
export function computerPaths(state: string) {
  return {
    lock: join(state, '.lock'),
    /** Beside the state folder, not in it: the key of what is sealed, and the highest time that was seen for each machine. */
    seal: `${state}.seal`,
    /** Which machines’ files must be sealed, in a file each. */
    demands: join(`${state}.seal`, 'configuration'),
    floor: join(state, 'floor.json'),
    resources: join(state, 'resources.json'),
    packageServer: join(state, 'package-server.json'),
    /** The computer’s own rules, and the consent to them. */
    hostPolicy: join(state, 'host-policy.json'),
    /** The last good answers for the names in them. */
    hostNames: join(state, 'host-names.json'),
    trust: join(state, 'trust'),
    policies: join(state, 'policies'),
    /** The account that policies are read from a directory with. */
    directory: join(state, 'directory.json'),
    layers: join(state, 'layers'),
    /** Layers as they came, for machines whose disks are encrypted: their next opening writes them. */
    packed: join(state, 'packed'),
    files: join(state, 'files'),
    staging: join(state, 'staging'),
    wanted: join(state, 'staging', 'wanted.json'),
    /** The layers and files that a check found damaged, to be fetched again. */
    damaged: join(state, 'damaged.json'),
    instances: join(state, 'instances'),
    /** Copies of plug-ins while they run. */
    plugins: join(state, 'plugins'),
    events: join(state, 'events.jsonl'),
    accel: join(state, 'accel.json'),
  };
}

export function layerPath(state: string, sha256: string): string {
  return join(computerPaths(state).layers, `${sha256}.qcow2`);
}

/** One file in place of a machine’s layers up to this one; made here, so its bytes are not those that were signed. */
export function flatPath(state: string, sha256: string): string {
  return join(computerPaths(state).layers, `${sha256}.flat.qcow2`);
}

/** A layer as it came, by the digest of what came. */
export function packedPath(state: string, blob: { sha256: string }): string {
  return join(computerPaths(state).packed, blob.sha256);
}

/** A kernel, an initrd, …: kept under its digest, as it came. */
export function filePath(state: string, sha256: string): string {
  return join(computerPaths(state).files, sha256);
}

export function instancePaths(state: string, vm: string) {
  const folder = join(computerPaths(state).instances, vm);
  return {
    folder,
    file: join(folder, 'instance.json'),
    /** The user’s own disk: made once, and touched by nothing but the machine. */
    data: join(folder, 'data.qcow2'),
    policy: join(folder, 'policy.json'),
    /** Where its disks are encrypted: its layers, and in age files what opens all of them. */
    layers: join(folder, 'layers'),
    keys: join(folder, 'keys'),
    /** For whoever knows its user’s password. */
    userKey: join(folder, 'keys', 'user.age'),
    /** For what the script that opens it writes. */
    scriptKey: join(folder, 'keys', 'script.age'),
    /** An empty disk, encrypted as its data disk is: a copy of it goes on that when it is set aside. */
    emptyData: join(folder, 'empty-data.luks'),
    /** For the project’s recovery key, where its policy allows recovery. */
    recoveryKey: join(folder, 'keys', 'recovery.age'),
    /** What opens that, for whoever knows the temporary password of a hot fix. */
    temporaryKey: join(folder, 'keys', 'temporary.age'),
    /** The last good answers for the names of its lists. */
    names: join(folder, 'names.json'),
    reports: join(folder, 'reports.json'),
    /** What its user’s password is held against, and the wrong ones since the last right one. */
    password: join(folder, 'password.json'),
    /** The wrong administrator’s passwords since the last right one. */
    administrator: join(folder, 'administrator.json'),
    /** What the output of the script that opens it is held against. */
    scriptOutput: join(folder, 'script-output.json'),
    /** Who of the domain opened it, and the wrong passwords since; sealed. */
    accounts: join(folder, 'accounts.json'),
    /** When its generations were installed; sealed. */
    term: join(folder, 'term.json'),
    /** What a plug-in made of its end; sealed. */
    renewed: join(folder, 'renewed.json'),
    /** Where it was installed; sealed. */
    place: join(folder, 'place.json'),
    /** Is there until the first installation has come to its end. */
    first: join(folder, 'first-installation'),
    /** A link to the generation that the next start uses: switching it is the one commit point of an update. */
    current: join(folder, 'current'),
    /** A link to the generation before it, where that was kept. */
    former: join(folder, 'former'),
    /** A link to the generation that will be the one before, while another is switched to. */
    nextFormer: join(folder, 'former-next'),
    /** Earlier states that its user keeps, a folder each. */
    snapshots: join(folder, 'snapshots'),
    /** The snapshot whose data disk the present one stands on. */
    dataBelow: join(folder, 'data-below.json'),
    /** Is there while a snapshot is being taken, gone back to, or merged. */
    snapshotWork: join(folder, 'snapshot-work.json'),
    /** Which generation it was rolled back from last. */
    rolledBack: join(folder, 'rolled-back.json'),
    generations: join(folder, 'generations'),
  };
}

export function generationPaths(state: string, vm: string, generation: number) {
  const folder = join(instancePaths(state, vm).generations, `${generation}`);
  return {
    folder,
    file: join(folder, 'generation.json'),
    overlay: join(folder, 'overlay.qcow2'),
    /** An empty disk, encrypted as the overlay is: a copy of it goes on that when it is set aside. */
    emptyOverlay: join(folder, 'empty.luks'),
    /** The snapshot whose system disk the overlay stands on, where it does not stand on the layers alone. */
    below: join(folder, 'below.json'),
    variables: join(folder, 'variables.fd'),
    /** The state of its TPM, where it has one: made by its first start. */
    tpm: join(folder, 'tpm'),
    /** The descriptor belongs to the disk state, so it lies beside the overlay. */
    quarantine: join(folder, 'quarantine.json'),
    /** Is there while the generation is being put back to how it was installed. */
    reimage: join(folder, 'reimage.json'),
    /** Is there while the generation has not yet reported itself healthy. */
    trial: join(folder, 'trial.json'),
    /** What the administrator made of its hardware; without it, it is as packaged. */
    hardware: join(folder, 'hardware.json'),
    /** Is there while the machine is suspended in this generation, and its memory beside it. */
    suspended: join(folder, 'suspended.json'),
    memory: join(folder, 'memory.zst'),
    /** Is there until an opening has written the disks of a machine that are encrypted, or were. */
    unwritten: join(folder, 'unwritten'),
    log: join(folder, 'qemu.log'),
  };
}

/** A snapshot: its disks, set aside as they were, and what goes with them. */
export function snapshotPaths(state: string, vm: string, id: string) {
  const folder = join(instancePaths(state, vm).snapshots, id);
  return { folder, ...snapshotFiles(folder) };
}

/** The files of a snapshot’s folder, and the disks that the machine goes on with while it is not yet in force. */
export function snapshotFiles(folder: string) {
  return {
    file: join(folder, 'snapshot.json'),
    generation: join(folder, 'generation.json'),
    quarantine: join(folder, 'quarantine.json'),
    variables: join(folder, 'variables.fd'),
    /** The state of its TPM, where that has one. */
    tpm: join(folder, 'tpm.state'),
    /** Where it was suspended. */
    note: join(folder, 'memory.json'),
    memory: join(folder, 'memory.zst'),
    system: join(folder, 'system.qcow2'),
    data: join(folder, 'data.qcow2'),
    nextSystem: join(folder, 'next-system.qcow2'),
    nextData: join(folder, 'next-data.qcow2'),
    /** Where its disks are encrypted: what is put on them. */
    emptySystem: join(folder, 'empty.luks'),
    emptyData: join(folder, 'empty-data.luks'),
  };
}

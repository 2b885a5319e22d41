import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { moveFile, readCapped, removeFile, writeFileAtomic } from '../sys/files/files.ts';
import { makeFolder, removeFolder } from '../sys/files/folders.ts';
import { temporaryBeside } from '../sys/files/temporary.ts';
import { run } from '../sys/programs/exec.ts';
import { GUEST_TOOLS, MAX_TOOL_BYTES } from './tool-files.ts';

const WRITE_MS = 60_000;
/** No line of our tools is this. */
const END = 'END-OF-LAZARET-FILE';
/**
 * Its one card, whatever that is called and whatever its address is: of itself cloud-init would write down the address, and every user’s copy
 * has another one. Systems with `ifupdown` call it `eth0`.
 */
const NETWORK = 'version: 2\nethernets:\n  eth0:\n    match: { name: "e*" }\n    dhcp4: true\n';
/** Who looks for a medium of cloud-init’s looks for this name. */
const VOLUME = 'cidata';

/**
 * Writes the medium by which cloud-init sets a machine up (its source `NoCloud`): the administrator’s file as it is, and as the vendor’s
 * the guest tools. What a vendor says never takes the place of what a user does. Nobody else may read it: such files hold passwords.
 * @throws PROGRAM_MISSING, PROGRAM_FAILED, DISK_FULL
 */
export async function writeSeed(to: string, { name, userData }: { name: string; userData: Buffer }): Promise<void> {
  const [folder, beside] = [temporaryBeside(to), temporaryBeside(to)];
  try {
    await makeFolder(folder, 0o700);
    const put = (file: string, bytes: Buffer | string) => writeFileAtomic(join(folder, file), bytes, 0o600);
    await put('user-data', userData);
    // Another seed is another instance: cloud-init sets up anew what it did for a former one.
    await put('meta-data', `instance-id: lazaret-${randomUUID()}\nlocal-hostname: ${name}\n`);
    await put('network-config', NETWORK);
    await put('vendor-data', await toolsScript());
    const how = ['-quiet', '-rational-rock', '-joliet', '-volid', VOLUME];
    await writeFileAtomic(beside, '', 0o600);
    await run('xorriso', ['-as', 'mkisofs', ...how, '-o', beside, folder], { timeoutMs: WRITE_MS });
    await moveFile(beside, to);
  } finally {
    await removeFolder(folder);
    await removeFile(beside);
  }
}

/** A script with the guest tools in itself, which installs and starts them: it needs neither network nor medium. */
async function toolsScript(): Promise<string> {
  const files = await Promise.all(
    GUEST_TOOLS.map(async ({ name, path }) => ({ name, text: (await readCapped(path, MAX_TOOL_BYTES)).toString() })),
  );
  return [
    '#!/bin/sh',
    '# Installs Lazaret’s guest tools.',
    'set -eu',
    'folder=$(mktemp -d)',
    `trap 'rm -rf "$folder"' EXIT`,
    ...files.flatMap(({ name, text }) => [`cat >"$folder/${name}" <<'${END}'`, text.replace(/\n$/, ''), END]),
    'sh "$folder/install.sh"',
    'if [ -d /run/systemd/system ]; then',
    '  systemctl daemon-reload',
    '  systemctl --no-block start lazaret-hello lazaret-clock',
    'fi',
    '',
  ].join('\n');
}

import { dirname, join } from 'node:path';
import type { Answer } from '../../lab/console.ts';
import { type LabGuest, smallGuest } from '../../lab/guest.ts';

const INDEX = '\\x01\\x50\\x00\\x01';
/** The response code of a command that was done. */
export const SUCCESS = '00000000';

/** TPM2_NV_DefineSpace: eight bytes at an index of the owner’s, whose password is empty. */
export const DEFINE = [
  '\\x80\\x02\\x00\\x00\\x00\\x2d\\x00\\x00\\x01\\x2a\\x40\\x00\\x00\\x01',
  '\\x00\\x00\\x00\\x09\\x40\\x00\\x00\\x09\\x00\\x00\\x00\\x00\\x00\\x00\\x00',
  `\\x00\\x0e${INDEX}\\x00\\x0b\\x00\\x06\\x00\\x06\\x00\\x00\\x00\\x08`,
].join('');
/** TPM2_NV_ReadPublic of that index. */
export const LOOK = `\\x80\\x01\\x00\\x00\\x00\\x0e\\x00\\x00\\x01\\x69${INDEX}`;

/** What the guest’s TPM answers a command: the response code in hexadecimal digits. */
export async function toldTpm(run: (script: string) => Promise<Answer>, command: string): Promise<string> {
  const script = `exec 3<>/dev/tpm0; printf '${command}' >&3; dd bs=4096 count=1 <&3 2>/dev/null | hexdump -v -e '/1 "%02x"'`;
  return (await run(script)).output.trim().slice(12, 20);
}

/** The small guest by its kernel as it came: QEMU puts an initrd over the tables that a TPM adds to where a kernel comes unpacked. */
export function packedGuest(): LabGuest {
  const { kernel, ...guest } = smallGuest();
  const image = join(dirname(kernel), 'kernel-image');
  return { ...guest, vmOptions: guest.vmOptions.map((word) => (word === kernel ? image : word)) };
}

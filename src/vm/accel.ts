import { inflateRawSync } from 'node:zlib';
import { AppError } from '../lib/errors.ts';
import { isThere, withTemporaryFile } from '../sys/files/files.ts';
import { run } from '../sys/programs/exec.ts';
import type { Accel } from './args.ts';

/**
 * A boot sector that enters 64-bit mode, counts to 2^28 there and leaves QEMU with status 33. An openable /dev/kvm
 * proves nothing: some kernels only imitate a processor, a thousand times slower. Its source is docs/decisions/0003-kvm-probe.md.
 */
const BOOT_SECTOR =
  '+2V4oO9G34G+C3sYavYzCOxkkPjzeXXacTYGAWYFBgYQQ4HZAMIwaGZgYEjbocDAwMCv9CBtB4MAiHEjbWcDA8MBfqM0XgZGBgZ+A36FA2m8jAwMDfxKB/gZxSbUvMqo4WDYycDAIPD/ZOmfHQIgU3Z9YXj/5fXftAkMyGCWAgM/Q0MNwyigEwhdBQA=';
const PROVED = 33;
const PATIENCE_MS = 3000;

/** `kvm` where this computer’s processor provably runs a machine, else `tcg`. Takes up to 3 s. */
export async function probeAccel(): Promise<Accel> {
  if (!(await isThere('/dev/kvm'))) return 'tcg';
  const sector = inflateRawSync(Buffer.from(BOOT_SECTOR, 'base64'), { maxOutputLength: 512 });
  return withTemporaryFile(sector, async (path) => {
    const args = ['-nodefaults', '-no-user-config', '-M', 'pc', '-accel', 'kvm', '-cpu', 'host', '-m', '16'];
    const rest = ['-display', 'none', '-no-reboot', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4'];
    const drive = ['-drive', `file=${path},format=raw,if=ide,read-only=off`];
    try {
      const { exitCode } = await run('qemu-system-x86_64', [...args, ...rest, ...drive], {
        timeoutMs: PATIENCE_MS,
        allow: [PROVED],
      });
      return exitCode === PROVED ? 'kvm' : 'tcg';
    } catch (error) {
      if (error instanceof AppError && (error.code === 'PROGRAM_TIMEOUT' || error.code === 'PROGRAM_FAILED'))
        return 'tcg';
      throw error;
    }
  });
}

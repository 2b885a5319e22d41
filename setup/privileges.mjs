import { spawnSync } from 'node:child_process';
import { isRoot } from './apt.mjs';

/** A root of our own, in namespaces that end with us: what is made there exists nowhere else. */
const OWN = ['unshare', '-Urnm'];
const PREPARE = 'mount -t tmpfs -o mode=755 run /run && mount -t sysfs sys /sys && ip link set lo up';
const TRY = `${PREPARE} && ip netns add a && ip tuntap add dev t0 mode tap && nft add table inet t`;

/**
 * The words before a command that is to make networks: none for root, else those that lead into namespaces where we
 * are root. None too where that is not possible: whoever needs it finds that he is not root, and says so.
 */
export function asNetworkAdministrator() {
  if (isRoot()) return [];
  const [program, ...args] = OWN;
  if (spawnSync(program, [...args, 'sh', '-c', TRY], { stdio: 'ignore' }).status !== 0) return [];
  return [...OWN, 'sh', '-c', `${PREPARE} && exec "$@"`, 'sh'];
}

import { spawnSync } from 'node:child_process';
import { isRoot } from './apt.mjs';

/** A network and mounts of our own: what is made there exists nowhere else, and nobody else’s is seen. */
const OF_ROOT = {
  unshare: ['unshare', '-nm'],
  prepare: 'mkdir -p /run/netns && mount -t tmpfs -o mode=755 netns /run/netns && ip link set lo up',
};
/** The same with a root of our own. */
const OF_USER = {
  unshare: ['unshare', '-Urnm'],
  prepare: 'mount -t tmpfs -o mode=755 run /run && mount -t sysfs sys /sys && ip link set lo up',
};
const TRY = 'ip netns add a && ip tuntap add dev t0 mode tap && nft add table inet t';

/**
 * The words before a command that is to make networks, which lead into namespaces where we are root; they end with it. None
 * where that is not possible: an ordinary user then finds that he is not root, and says so.
 */
export function asNetworkAdministrator() {
  const { unshare, prepare } = isRoot() ? OF_ROOT : OF_USER;
  const [program, ...args] = unshare;
  if (spawnSync(program, [...args, 'sh', '-c', `${prepare} && ${TRY}`], { stdio: 'ignore' }).status !== 0) return [];
  return [...unshare, 'sh', '-c', `${prepare} && export LAZARET_OWN_NAMESPACES=1 && exec "$@"`, 'sh'];
}

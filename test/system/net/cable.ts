import { type ChildProcess, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { enterNamespace } from '../../../src/firewall/machine/namespace.ts';
import { ip, ipIn } from './commands.ts';
import { MAC } from './frames.ts';
import { until } from './until.ts';

/** What the guest’s cable joins. */
export interface CableEnds {
  /** The machine’s namespace, in which QEMU runs, and its user there. */
  machine: string;
  uid: number;
  /** The namespace that plays the guest, which is made for it. */
  guest: string;
  addresses: { guest: string; gateway: string };
  /** The socket that takes frames from the test. */
  frames: string;
  /** Starts a program in the machine’s namespace. */
  run: (program: string, args: readonly string[]) => ChildProcess;
}

/**
 * Plugs the guest in: QEMU without a machine joins its card to tap0 with a hub.
 * QEMU 7.2 crashes once in some hundred times when packets come to a hub that is new: then there is another.
 */
export async function plugCable(ends: CableEnds): Promise<void> {
  for (let tries = 1; !(await carries(ends, await plug(ends))); tries += 1) {
    if (tries === 3) throw new Error('the guest’s cable does not hold');
    ip('netns', 'delete', ends.guest);
    rmSync(ends.frames, { force: true });
  }
}

/** Puts frames on the guest’s cable as they are. */
export async function sendFrames(path: string, frames: readonly Buffer[]): Promise<void> {
  const socket = connect(path);
  for (const frame of frames) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    socket.write(Buffer.concat([length, frame]));
  }
  await new Promise<void>((resolve) => socket.end(resolve));
}

/** Whether an echo comes back by the cable; not so when QEMU has crashed. */
async function carries({ guest, addresses }: CableEnds, cable: ChildProcess): Promise<boolean> {
  const ping = ['busybox', 'ping', '-c', '1', '-W', '2', addresses.gateway];
  const [enter = '', ...words] = enterNamespace(guest);
  let isThere = false;
  await until(() => {
    isThere = spawnSync(enter, [...words, ...ping]).status === 0;
    return isThere || cable.signalCode !== null;
  });
  return isThere;
}

async function plug({ machine, uid, guest, addresses, frames, run }: CableEnds): Promise<ChildProcess> {
  ip('netns', 'add', guest);
  ipIn(machine, `tuntap add dev g0 mode tap`);
  const port = (name: string, kind: string) => [
    ...['-netdev', `${kind},id=${name}`],
    ...['-netdev', `hubport,id=h${name},hubid=0,netdev=${name}`],
  ];
  const cable = run('qemu-system-x86_64', [
    ...['-M', 'none', '-nodefaults', '-display', 'none', '-runas', `${uid}:${uid}`],
    ...port('t', 'tap,ifname=tap0,script=no,downscript=no,vhost=off'),
    ...port('g', 'tap,ifname=g0,script=no,downscript=no,vhost=off'),
    ...port('s', `stream,server=on,addr.type=unix,addr.path=${frames}`),
  ]);
  // QEMU begins with the socket before it opens its taps, whatever the order of its options.
  await until(() => hasTap(cable, 'g0') || cable.signalCode !== null);
  ipIn(machine, `link set g0 netns ${guest}`);
  ipIn(
    guest,
    'link set lo up',
    `link set g0 address ${MAC}`,
    `address add ${addresses.guest}/24 dev g0`,
    'link set g0 up',
    `route add default via ${addresses.gateway}`,
  );
  return cable;
}

/** Whether a program has opened a tap device: its descriptors name it. */
function hasTap({ pid }: ChildProcess, name: string): boolean {
  try {
    const folder = `/proc/${pid}/fdinfo`;
    return readdirSync(folder).some((fd) => readFileSync(`${folder}/${fd}`, 'utf8').includes(`iff:\t${name}\n`));
  } catch {
    // It has ended, or closed one meanwhile: it is asked again.
    return false;
  }
}

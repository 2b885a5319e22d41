import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Further words for the kernel of a guest with systemd. What its imitated processor could do and a program would use is
 * dear where each instruction is imitated: page tables of five levels, wide vectors, guards of the kernel’s memory. What
 * the kernel does not know itself is the environment of the first program: it filters no system calls.
 */
export const SPARING_BOOT = [
  ...['no5lvl', 'noxsave', 'nosmap', 'nosmep', 'nopcid', 'init_on_alloc=0', 'hardened_usercopy=off', 'apparmor=0'],
  ...['cgroup_disable=memory', 'udev.children_max=1', 'SYSTEMD_SECCOMP=0'],
  ...['systemd.log_level=warning', 'systemd.show_status=0', 'systemd.gpt_auto=0'],
].join(' ');

/** What no test looks at, by where the name of nothing is put in its place. */
const NOT_STARTED = {
  'systemd/system': [
    ...['getty.target', 'systemd-ask-password-console.path', 'systemd-ask-password-wall.path'],
    ...['systemd-initctl.socket', 'systemd-user-sessions.service', 'systemd-tmpfiles-clean.timer'],
    ...['dev-hugepages.mount', 'dev-mqueue.mount', 'proc-sys-fs-binfmt_misc.automount', 'systemd-binfmt.service'],
    ...['sys-fs-fuse-connections.mount', 'sys-kernel-config.mount', 'sys-kernel-debug.mount'],
    ...['sys-kernel-tracing.mount', 'kmod-static-nodes.service', 'modprobe@.service', 'systemd-modules-load.service'],
    ...['systemd-firstboot.service', 'systemd-sysusers.service', 'systemd-repart.service', 'systemd-pstore.service'],
    ...['systemd-pcrphase.service', 'systemd-pcrphase-sysinit.service', 'systemd-network-generator.service'],
    ...['systemd-journal-flush.service', 'systemd-journald-audit.socket', 'systemd-random-seed.service'],
    ...['systemd-sysctl.service', 'systemd-tmpfiles-setup-dev.service', 'systemd-update-utmp.service'],
    ...['systemd-update-utmp-runlevel.service', 'systemd-fsck-root.service'],
  ],
  'systemd/system-generators': [
    ...['cryptsetup', 'debug', 'getty', 'gpt-auto', 'hibernate-resume', 'integritysetup'].map(generator),
    ...['rc-local', 'run', 'system-update', 'sysv', 'veritysetup'].map(generator),
  ],
  // Of sound, cameras, sticks for games and drives that the lab has none of.
  'udev/rules.d': [
    ...['50-firmware', '55-dm', '60-autosuspend', '60-cdrom_id', '60-fido-id', '60-infiniband', '60-persistent-alsa'],
    ...['60-persistent-storage-dm', '60-persistent-storage-tape', '60-persistent-v4l', '60-sensor', '60-serial'],
    ...['64-btrfs', '70-camera', '70-joystick', '70-memory', '75-probe_mtd', '78-sound-card'],
    ...['80-debian-compat', '81-net-dhcp', '85-hwclock', '95-dm-notify', '96-e2scrub'],
  ].map((name) => `${name}.rules`),
};

function generator(name: string): string {
  return `systemd-${name}-generator`;
}

/** Of all that the kernel had found before udev was there, only what somebody waits for is told to it again. */
const DEVICES = ['block', 'net', 'virtio-ports', 'input'];
const TRIGGER = `[Service]
ExecStart=
ExecStart=udevadm trigger --type=devices --action=add ${DEVICES.map((name) => `--subsystem-match=${name}`).join(' ')}
`;

/** Services see the whole of their guest: none is made a view of its own. */
const SERVICES = `[Service]
ProtectSystem=no
ProtectHome=no
ProtectProc=default
ProtectClock=no
ProtectControlGroups=no
ProtectHostname=no
ProtectKernelLogs=no
ProtectKernelModules=no
ProtectKernelTunables=no
PrivateDevices=no
PrivateMounts=no
PrivateNetwork=no
PrivateTmp=no
`;

/** Makes a Debian with systemd one that is tried a dozen times on an imitated processor: it starts and installs at less expense. */
export function makeSparing(root: string): void {
  for (const [folder, names] of Object.entries(NOT_STARTED))
    for (const name of names) {
      const path = join(root, 'etc', folder, name);
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync('/dev/null', path);
    }
  const files = {
    'systemd/system/systemd-udev-trigger.service.d/lab.conf': TRIGGER,
    'systemd/system/service.d/lab.conf': SERVICES,
    'systemd/journald.conf.d/lab.conf': '[Journal]\nStorage=volatile\nForwardToSyslog=no\n',
    // Nothing here outlives a power cut.
    'dpkg/dpkg.cfg.d/lab': 'force-unsafe-io\n',
    'apt/apt.conf.d/lab': 'Acquire::Languages "none";\nAPT::Install-Recommends "false";\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, 'etc', dirname(path)), { recursive: true });
    writeFileSync(join(root, 'etc', path), text);
  }
}

import { createHash } from 'node:crypto';
import { type HandedFile, type QemuPlan, qemuArgs } from './args.ts';
import type { MachineFiles } from './machine.ts';

type Hardware = Pick<
  QemuPlan,
  | 'name'
  | 'uuid'
  | 'accel'
  | 'memoryMiB'
  | 'cpus'
  | 'mac'
  | 'hardware'
  | 'clock'
  | 'processor'
  | 'drives'
  | 'cards'
  | 'ports'
  | 'parallel'
  | 'hasDevices'
  | 'hasSound'
  | 'hasMicrophone'
> & {
  files: MachineFiles;
};

const NOWHERE = {
  ...{ qmp: '', console: '', guest: '', agent: '', tpm: '', vnc: '' },
  ...{ sound: '', microphone: '', parallel: '', files: '' },
};
const SOME_FILE: HandedFile = { fd: 0, readOnly: false };

/** Tells machines with the same devices and settings from others, wherever their files and sockets are. */
export function hardwareDigest({ name, uuid, accel, memoryMiB, cpus, mac, files, ...kind }: Hardware): string {
  const { hardware = 'virtio', clock = 'utc', processor = 'host' } = kind;
  const plan: QemuPlan = {
    ...{ name, uuid, accel, memoryMiB, cpus, mac, hardware, clock, processor },
    ...{ sockets: NOWHERE, disk: [SOME_FILE] },
    ...(kind.drives ? { drives: kind.drives } : {}),
    ...(kind.cards ? { cards: kind.cards } : {}),
    ...(kind.ports ? { ports: kind.ports } : {}),
    ...(kind.parallel === undefined ? {} : { parallel: kind.parallel }),
    ...(kind.hasDevices ? { hasDevices: true } : {}),
    ...(kind.hasSound ? { hasSound: true } : {}),
    ...(kind.hasMicrophone ? { hasMicrophone: true } : {}),
    ...(files.data === undefined ? {} : { data: [SOME_FILE] }),
    ...(files.disc === undefined ? {} : { disc: SOME_FILE }),
    ...(files.seed === undefined ? {} : { seed: SOME_FILE }),
    ...(files.tpm === undefined ? {} : { hasTpm: true }),
    firmware: firmwareOf(files.firmware),
  };
  return createHash('sha256')
    .update(JSON.stringify(qemuArgs(plan)))
    .digest('hex');
}

function firmwareOf(firmware: MachineFiles['firmware']): QemuPlan['firmware'] {
  switch (firmware.kind) {
    case 'bios':
      return firmware;
    case 'uefi':
      return { ...firmware, code: SOME_FILE, variables: SOME_FILE };
    case 'direct': {
      const { append, initrd } = firmware;
      return { kind: 'direct', append, kernel: SOME_FILE, ...(initrd === undefined ? {} : { initrd: SOME_FILE }) };
    }
  }
}

import type { CommandWords } from '../../../lib/command-words.ts';
import { AppError } from '../../../lib/errors.ts';
import { readIfThere } from '../../../sys/files/files.ts';
import { hasProgram, run } from '../../../sys/programs/exec.ts';
import type { Check } from './doctor.ts';

const ASK_MS = 10_000;
const MAX_RULES_BYTES = 1 << 20;
const RULES = ['/etc', '/run', '/usr/lib', '/lib'].map((root) => `${root}/udev/rules.d/85-nm-unmanaged.rules`);
const FOLDER = '/etc/NetworkManager/conf.d';
/** Added to what other files name. */
const WRITE: CommandWords = [
  'sh',
  '-c',
  `mkdir -p ${FOLDER} && printf "[keyfile]\\nunmanaged-devices+=interface-name:lz-*\\n" >${FOLDER}/90-lazaret.conf`,
];
const RELOAD: CommandWords = ['nmcli', 'general', 'reload', 'conf'];

export interface NetworkManagerFacts {
  /** What `nmcli -t -f DEVICE,STATE device` says. */
  devices: string;
  /** What `NetworkManager --print-config` says. */
  config: string;
  /** The rules of udev by which it leaves links alone that others made. */
  rules: string;
}

/** Whether NetworkManager leaves machines’ links alone; nothing where it does not run. */
export async function lookAtNetworkManager(): Promise<Check[]> {
  if (!hasProgram('nmcli') || (await saidBy('nmcli', '-t', '-f', 'RUNNING', 'general')) !== 'running') return [];
  const devices = await saidBy('nmcli', '-t', '-f', 'DEVICE,STATE', 'device');
  return [
    networkManagerCheck({
      devices,
      config: await saidBy('NetworkManager', '--print-config'),
      rules: await rulesText(),
    }),
  ];
}

/** It would take their addresses away, or give them others. */
export function networkManagerCheck({ devices, config, rules }: NetworkManagerFacts): Check {
  const what = 'NetworkManager leaves machines’ links alone';
  const taken = devices.split('\n').flatMap((line) => {
    const [, name, state] = /^(lz-[^:]*):(.*)$/.exec(line) ?? [];
    return name !== undefined && state !== 'unmanaged' ? [name] : [];
  });
  const tell = `write “[keyfile]” and “unmanaged-devices+=interface-name:lz-*” into ${FOLDER}/90-lazaret.conf, then ${RELOAD.join(' ')}`;
  const letGo = taken.map((name): CommandWords => ['nmcli', 'device', 'set', name, 'managed', 'no']);
  const mend = [WRITE, RELOAD, ...letGo];
  if (taken.length > 0) return { what, ok: false, remedy: `it has taken ${taken.join(', ')}: ${tell}`, mend };
  const isNamed = /^unmanaged-devices=(?:.*[,;])?interface-name:lz-\*/m.test(config);
  // Its own rules, where nobody replaced them, name every link of this kind.
  if (isNamed || /^[^#]*ID_NET_DRIVER\}=="veth".*NM_UNMANAGED\}="1"/m.test(rules))
    return { what, ok: true, remedy: '' };
  return { what, ok: true, remedy: '', note: `nothing tells it to: ${tell}`, mend };
}

async function rulesText(): Promise<string> {
  for (const path of RULES) {
    const bytes = await readIfThere(path, MAX_RULES_BYTES);
    // The first of a name replaces the others.
    if (bytes) return bytes.toString('utf8');
  }
  return '';
}

async function saidBy(program: string, ...args: string[]): Promise<string> {
  try {
    return (await run(program, args, { timeoutMs: ASK_MS })).stdout;
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('PROGRAM_')) return '';
    throw error;
  }
}

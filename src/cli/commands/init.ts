import { resolve } from 'node:path';
import type { Command } from 'commander';
import { foundProject } from '../../package/found.ts';
import { systemClock } from '../../sys/clock.ts';
import { type PassphraseOptions, readPassphrase } from '../passphrase.ts';
import { print } from '../print.ts';
import { addCommand } from '../program.ts';

interface InitOptions extends PassphraseOptions {
  name: string;
  policyServer?: string;
}

export function addInitCommand(program: Command): void {
  addCommand<InitOptions>(program, 'init <dir>', 'make a new project', async (context, options, dir = '') => {
    const passphrase = await readPassphrase(options, true);
    const { name, policyServer } = options;
    const server = policyServer === undefined ? {} : { policyServer };
    const project = await foundProject(resolve(dir), { name, passphrase, now: systemClock(), ...server });
    const text = `made the project ${project.name} in ${dir}\nfingerprint ${project.fingerprint}\nkeep a copy of ${dir}/keys in a safe place`;
    print(context, { folder: resolve(dir), ...project }, text);
  })
    .requiredOption('--name <name>', 'the project’s name, shown to users')
    .option('--policy-server <url>', 'where computers will look policies up: the address of published/policies');
}

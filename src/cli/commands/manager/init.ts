import { resolve } from 'node:path';
import type { Command } from 'commander';
import { foundProject } from '../../../manager/found-project.ts';
import { requireRoom } from '../../../manager/make-whole.ts';
import { changeSettings } from '../../../manager/project-settings.ts';
import { systemClock } from '../../../sys/clock.ts';
import { readCertificates } from '../../certificates.ts';
import { addCommand } from '../../program.ts';
import { type PassphraseOptions, readPassphrase } from '../../secrets/passphrase.ts';
import { print } from '../../terminal/print.ts';
import { addProjectShowCommand } from './project-show.ts';

interface ProjectOptions {
  directory: string;
  name?: string;
  policyServer?: string;
  packageServer?: string;
  domain?: string;
  domainCa?: string;
}

interface InitOptions extends PassphraseOptions {
  directory: string;
  name: string;
  policyServer?: string;
  packageServer?: string;
}

export function addInitCommand(program: Command): void {
  addCommand<InitOptions>(program, 'init <dir>', 'make a new project', async (context, options, dir = '') => {
    const { directory, name, policyServer, packageServer } = options;
    const folder = resolve(directory, dir);
    await requireRoom(folder);
    const passphrase = await readPassphrase(options, true);
    const servers = {
      ...(policyServer === undefined ? {} : { policyServer }),
      ...(packageServer === undefined ? {} : { packageServer }),
    };
    const project = await foundProject(folder, { name, passphrase, now: systemClock(), ...servers });
    const where = directory === '.' ? dir : folder;
    const text = `made the project ${project.name} in ${where}\nfingerprint ${project.fingerprint}\nkeep a copy of ${where}/keys in a safe place`;
    print(context, { folder, ...project }, text);
  })
    .requiredOption('--name <name>', 'the project’s name, shown to users')
    .option('--policy-server <url>', 'where computers will look policies up: the address of published/policies')
    .option('--package-server <url>', 'where `lazaret update` will fetch packages: the address of published/packages');

  const project = program.command('project').description('the project itself');
  addProjectShowCommand(project);
  addCommand<ProjectOptions>(project, 'set', 'change the project’s settings', async (context, options) => {
    const { directory, name, policyServer, packageServer, domain, domainCa: path } = options;
    const domainCa = await readCertificates(path);
    const value = await changeSettings(directory, { name, policyServer, packageServer, domain, domainCa });
    print(
      context,
      value,
      `project ${value.name}; policy server ${value.policyServer ?? 'none'}; package server ${value.packageServer ?? 'none'}; domain ${value.domain?.address ?? 'none'}`,
    );
  })
    .option('--name <name>', 'the project’s name, shown to users')
    .option('--policy-server <url>', 'where computers look policies up, from the next package on; "" for nowhere')
    .option(
      '--package-server <url>',
      'where `lazaret update` fetches packages, from the next package on; "" for nowhere',
    )
    .option('--domain <url>', 'whose accounts open machines: ldaps://HOST/DC=…, or ldap:// for StartTLS; "" for none')
    .option('--domain-ca <file>', 'the certificates that vouch for it, in PEM; "" for those that computers trust');
}

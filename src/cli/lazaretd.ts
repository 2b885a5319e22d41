#!/usr/bin/env node
import { Option } from 'commander';
import { runService } from '../daemon/main.ts';
import { newProgram, runProgram, setAction } from './program.ts';

interface ServiceCommand {
  state: string;
  run: string;
  socket?: string;
  group: string;
  accel: 'auto' | 'kvm' | 'tcg';
  resolver?: string[];
}

const program = newProgram('lazaretd', 'The service that runs this computer’s machines and enforces their policies.');
setAction<ServiceCommand>(program, async ({ signal }, options) => {
  const { socket = `${options.run}/lazaretd.sock`, resolver, ...rest } = options;
  await runService({ ...rest, socket, ...(resolver ? { resolvers: resolver } : {}) }, signal);
})
  .option('--state <dir>', 'what is installed', '/var/lib/lazaret')
  .option('--run <dir>', 'sockets and what a restart of the computer may forget', '/run/lazaret')
  .option('--socket <path>', 'the socket that `lazaret` talks to (default: lazaretd.sock in the run folder)')
  .option('--group <name>', 'the group that may use the socket', 'lazaret')
  .addOption(new Option('--accel <kind>', 'how processors run').choices(['auto', 'kvm', 'tcg']).default('auto'))
  .option('--resolver <address...>', 'DNS servers, instead of this computer’s');
await runProgram(program);

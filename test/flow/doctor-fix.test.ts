import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { program } from '../fakes/command-line.ts';
import { type Ends, scratch } from '../fakes/made-project.ts';

const skip = process.getuid?.() === 0 ? false : 'only root mends a computer';
const said = (version: string) => `#!/bin/sh\necho "Dnsmasq version ${version}  nftset"\n`;

/** A computer whose dnsmasq is too old until its packages are installed, and that notes what is run on it. */
function oldComputer(t: Ends) {
  const folder = join(scratch(t), 'programs');
  mkdirSync(folder);
  const ran = join(folder, 'ran');
  const stand = (name: string, script: string) =>
    writeFileSync(join(folder, name), script, { mode: 0o755, flag: 'wx' });
  const noting = (name: string, more = '') => stand(name, `#!/bin/sh\necho "${name} $*" >>${ran}\n${more}`);
  stand('dnsmasq', said('2.86'));
  stand('new-dnsmasq', said('2.90'));
  noting('apt-get', `[ "$1" != install ] || cp ${folder}/new-dnsmasq ${folder}/dnsmasq\n`);
  // Whatever else this computer lacks is not mended by a test.
  for (const name of ['groupadd', 'modprobe', 'iptables', 'firewall-cmd']) noting(name, 'exit 1\n');
  writeFileSync(ran, '');
  const doctor = (...words: string[]) =>
    program('lazaret', ['--socket', '/nowhere/lazaretd.sock', 'doctor', ...words], {
      PATH: `${folder}:${process.env['PATH']}`,
    });
  return { doctor, ran: () => readFileSync(ran, 'utf8') };
}

const INSTALLED = 'apt-get install --yes --no-install-recommends dnsmasq-base';

test('what root can do about what the doctor found is done with --yes, and looked at again', { skip }, async (t) => {
  const { doctor, ran } = oldComputer(t);

  const { stdout, stderr } = await doctor('--fix', '--yes');

  assert.match(ran(), /^apt-get update$/m);
  assert.ok(ran().includes(`${INSTALLED}\n`), ran());
  assert.match(stdout + stderr, /ok +program dnsmasq/);
  // What failed is said, and found again.
  if (ran().includes('groupadd')) assert.match(stdout + stderr, /groupadd --system lazaret\s+that failed: /);
});

test('where nobody is there to agree nothing is done, and what would be is shown', { skip }, async (t) => {
  const { doctor, ran } = oldComputer(t);

  const { stdout, stderr } = await doctor('--fix');

  assert.equal(ran(), '');
  // There is no service here, at least.
  assert.match(stderr, /COMPUTER_UNREADY: this computer is not ready/);
  assert.ok((stdout + stderr).includes(INSTALLED));
  assert.match(stdout + stderr, /NOT OK +program dnsmasq/);
});

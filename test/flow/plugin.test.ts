import assert from 'node:assert/strict';
import { closeSync, globSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pluginUser } from '../../src/run/machine/host/users.ts';
import { digestFile } from '../../src/sys/files/files.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { outcome, plugins } from '../fakes/plugin.ts';

const skip = hasProgram('bwrap') ? false : 'bubblewrap is not installed';
const sh = (text: string) => `#!/bin/sh\n${text}\n`;

const SCRIPTS: [title: string, text: string, want: string][] = [
  ['says YES', sh('echo YES'), 'yes'],
  ['says NO', sh('echo NO'), 'no'],
  ['says REJECT', sh('printf REJECT'), 'reject'],
  ['writes yes', sh('echo yes'), 'PLUGIN_OUTPUT'],
  ['is silent', sh(':'), 'PLUGIN_OUTPUT'],
  ['says YES and fails', sh('echo YES; exit 3'), 'PLUGIN_FAILED'],
  ['says YES and is killed', sh('echo YES; kill -9 $$'), 'PLUGIN_FAILED'],
  ['writes 100 MB', sh('exec head -c 100000000 /dev/zero'), 'PLUGIN_OUTPUT'],
  ['never ends', sh('echo YES; sleep 1000'), 'PLUGIN_LATE'],
  ['holds its output open by a child', sh('sleep 1000 & echo YES'), 'yes'],
  ['reads its standard input to the end', sh('cat; echo YES'), 'yes'],
  ['takes a gigabyte', '#!/usr/bin/python3\nbytearray(1 << 30)\nprint("YES")\n', 'PLUGIN_FAILED'],
  ['was written with other line ends', '#!/bin/sh\r\necho YES\r\n', 'PLUGIN_NO_PROGRAM'],
  ['is no program', 'echo YES\n', 'PLUGIN_NO_PROGRAM'],
  ['is empty', '', 'PLUGIN_NO_PROGRAM'],
  ['has an interpreter that is not there', '#!/usr/bin/lua-9\nprint "YES"\n', 'PLUGIN_NO_PROGRAM'],
  ['has an interpreter of somebody’s own', '#!/root/.local/bin/sh\necho YES\n', 'PLUGIN_NO_PROGRAM'],
  [
    'fills its scratch folder',
    sh('head -c 60000000 /dev/zero >/tmp/a && head -c 60000000 /dev/zero >/tmp/b && echo YES'),
    'PLUGIN_FAILED',
  ],
];

for (const [title, text, want] of SCRIPTS) {
  test(`a plug-in that ${title}: ${want}`, { skip }, async (t) => {
    const { ask } = plugins(t, { 'check.sh': text });

    const reply = await ask('check.sh', { script: { timeout: '2s' } });

    assert.equal(outcome(reply), want, JSON.stringify(reply));
  });
}

test('a plug-in finds what it is asked in its environment, its resources in its folder, and its arguments', {
  skip,
}, async (t) => {
  const { ask, folder } = plugins(t, {
    'check.sh': sh(
      '. ./names; env | sort >&2; printf "%s\\n" "$word" "$@" >&2; touch /tmp/works && rm /tmp/works && echo YES',
    ),
    names: 'word=found\n',
  });

  const reply = await ask('check.sh', { descriptor: 'os=winxp-sp2, ie=6.0', script: { arguments: ['a b', '$HOME'] } });

  assert.equal(outcome(reply), 'yes');
  const lines = reply.said.trim().split('\n');
  assert.ok(lines.includes('VMWARE_NQ_DESCRIPTOR=os=winxp-sp2, ie=6.0'));
  assert.ok(lines.includes('LAZARET_EVENT=update'));
  assert.ok(lines.includes(`VMWARE_PROJ_ID=${'a'.repeat(64)}`));
  assert.ok(lines.includes('VMWARE_MVM_ID=6d1a1b9c-6a3e-4a57-9f3e-2d8f0f6c1a11'));
  assert.deepEqual(lines.slice(-3), ['found', 'a b', '$HOME']);
  const names = lines.flatMap((line) => (line.includes('=') ? [line.slice(0, line.indexOf('='))] : []));
  const own = ['HOME', 'LC_ALL', 'OLDPWD', 'PATH', 'PWD', 'TMPDIR'];
  assert.deepEqual(
    names.filter((name) => !/^(VMWARE|LAZARET)_/.test(name) && !own.includes(name)),
    [],
  );
  assert.deepEqual(globSync('run*', { cwd: folder }), [], 'nothing is left of the run');
});

test('a plug-in that is missing, or was changed on disk, is not run', { skip }, async (t) => {
  const { ask, files } = plugins(t, { 'check.sh': sh('echo YES'), data: 'one' });
  const [check, data] = files;
  assert.ok(check && data);
  for (const file of files) file.sha256 = (await digestFile(file.path)).sha256;
  assert.equal(outcome(await ask('check.sh')), 'yes');

  writeFileSync(data.path, 'two');
  assert.equal(outcome(await ask('check.sh')), 'PLUGIN_CHANGED', 'what it reads counts too');
  writeFileSync(data.path, 'one');
  writeFileSync(check.path, sh('echo  YES'));
  assert.equal(outcome(await ask('check.sh')), 'PLUGIN_CHANGED');
  rmSync(check.path);
  assert.equal(outcome(await ask('check.sh')), 'PLUGIN_MISSING');
  assert.equal(outcome(await ask('other.sh')), 'PLUGIN_MISSING');
});

test('nothing that a plug-in started is left when it has answered, was late, or was interrupted', {
  skip,
}, async (t) => {
  // So many that they do not all end in the moment in which the first does.
  const own = (mark: string) => `for each in $(seq 25); do setsid sleep ${mark} >/dev/null 2>&1 & done`;
  const children = (mark: string) => sh(`${own(mark)}; (sleep ${mark} &) ; sleep 0.2`);
  const ended = plugins(t, { 'check.sh': `${children('87651')}echo YES\n` });
  const late = plugins(t, { 'check.sh': `${children('87652')}sleep 87652\n` });

  assert.equal(outcome(await ended.ask('check.sh')), 'yes');
  assert.deepEqual(running('87651'), []);

  assert.equal(outcome(await late.ask('check.sh', { script: { timeout: '1s' } })), 'PLUGIN_LATE');
  assert.deepEqual(running('87652'), []);

  const stop = new AbortController();
  const asked = late.ask('check.sh', { signal: stop.signal });
  while (running('87652').length < 27) await new Promise((done) => setTimeout(done, 10));
  stop.abort();
  await assert.rejects(asked, { code: 'INTERRUPTED' });
  assert.deepEqual(running('87652'), []);
});

test('a plug-in that is interrupted at whatever moment of its start leaves nothing', { skip }, async (t) => {
  const { ask } = plugins(t, { 'check.sh': sh('sleep 87653') });
  for (let delayMs = 0; delayMs < 30; delayMs += 0.5) {
    const stop = new AbortController();
    const asked = ask('check.sh', { signal: stop.signal });
    setTimeout(() => stop.abort(), delayMs);
    await assert.rejects(asked, { code: 'INTERRUPTED' });
    assert.deepEqual(running('87653'), [], `after ${delayMs} ms`);
  }
});

/** The processes with this word on their command line. */
function running(word: string): string[] {
  return globSync('/proc/[0-9]*/cmdline').filter((path) => {
    try {
      return readFileSync(path, 'latin1').split('\0').includes(word);
    } catch {
      return false;
    }
  });
}

const REACH: [title: string, command: string][] = [
  ['read root’s files', 'ls /root'],
  ['read who has accounts', 'cat /etc/passwd'],
  ['read the service’s state', 'ls /var/lib/lazaret'],
  ['see the computer’s processes', 'test $(ls -d /proc/[0-9]* | wc -l) -gt 9'],
  ['write to its own folder', 'touch ./x'],
  ['write to its own script', 'echo >>check.sh'],
  ['write to the system', 'touch /usr/x'],
  ['write to the root folder', 'touch /x'],
  ['write to /dev', 'touch /dev/x || touch /dev/shm/x'],
  ['mount', 'mount -t tmpfs none /tmp'],
  ['read the disk', 'cat /dev/vda || cat /dev/sda'],
  ['change kernel settings', 'echo 1 >/proc/sys/net/ipv4/ip_forward'],
];

for (const [title, command] of REACH) {
  test(`a plug-in cannot ${title}`, { skip }, async (t) => {
    const { ask } = plugins(t, {
      'check.sh': sh(`if { ${command}; } >/dev/null 2>&1; then echo NO; else echo YES; fi`),
    });

    assert.equal(outcome(await ask('check.sh')), 'yes');
  });
}

test('a plug-in does not get the files that the service has open', { skip }, async (t) => {
  const list =
    'import os, sys\nfor fd in range(256):\n  try: print(fd, os.readlink(f"/proc/self/fd/{fd}"), file=sys.stderr)\n  except OSError: pass\n';
  const { ask, folder } = plugins(t, { 'check.py': `#!/usr/bin/python3\n${list}print("YES")\n` });
  const open = openSync(join(folder, 'secret'), 'w+');
  t.after(() => closeSync(open));

  const { said } = await ask('check.py');

  assert.match(said, /^0 \/dev\/null$/m);
  assert.doesNotMatch(said, /secret/);
});

test('a plug-in runs as a user of its own, without rights, and is the first that memory is taken from', {
  skip: skip || (pluginUser(0) === undefined ? 'needs root' : false),
}, async (t) => {
  const { ask } = plugins(t, {
    'check.sh': sh(
      'exec >&2; id -u; id -G; grep -E "^(Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs)" /proc/self/status | cut -f2; cat /proc/self/oom_score_adj',
    ),
  });
  const none = '0'.repeat(16);
  const uid = `${pluginUser(0)}`;
  assert.deepEqual((await ask('check.sh')).said.trim().split('\n'), [uid, uid, none, none, none, none, '1', '1000']);
});

test('a plug-in reaches the network only where its policy grants that', { skip }, async (t) => {
  const port = await listening(t);
  const { ask } = plugins(t, {
    'check.sh': `#!/bin/bash\nexec 3<>/dev/tcp/127.0.0.1/${port} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && tail -1 <&3\n`,
  });

  assert.equal(outcome(await ask('check.sh')), 'PLUGIN_FAILED');
  assert.equal(outcome(await ask('check.sh', { script: { network: true } })), 'yes');
});

/** An HTTP server that says YES; gives its port. */
async function listening(t: TestContext): Promise<number> {
  const server = createServer((_request, response) => response.end('YES\n'));
  t.after(() => server.close());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

test('what a plug-in writes to standard error is kept to 4096 bytes, and decides nothing', { skip }, async (t) => {
  const { ask } = plugins(t, { 'check.sh': sh('head -c 5000000 /dev/zero | tr "\\0" n >&2; echo YES') });

  const reply = await ask('check.sh');

  assert.equal(outcome(reply), 'yes');
  assert.equal(reply.said.length, 4096);
});

test('a plug-in cannot start processes without end', {
  skip: skip || (pluginUser(0) === undefined ? 'needs root' : false),
}, async (t) => {
  const { ask } = plugins(t, { 'check.sh': sh('for i in $(seq 200); do sleep 1000 & done; echo YES') });

  const reply = await ask('check.sh');

  assert.equal(outcome(reply), 'PLUGIN_FAILED');
  assert.match(reply.said, /Cannot fork/);
});

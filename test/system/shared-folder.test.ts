import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { failureIn } from '../fakes/command-line.ts';

const PORT = 'org.spice-space.webdav.0';
/** The port as a guest finds it. */
const FIND = `for p in /sys/class/virtio-ports/*; do grep -qx ${PORT} $p/name && port=/dev/\${p##*/}; done`;

/** One request through the port, in the frames that spice-webdavd speaks, by a shell; the answer, once it holds what is awaited. */
function asked(client: number, request: string, awaited: string): string {
  const body = Buffer.from(request);
  const head = Buffer.alloc(10);
  head.writeBigUInt64LE(BigInt(client));
  head.writeUInt16LE(body.length, 8);
  const octal = [...head, ...body].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  return [
    'port=',
    FIND,
    'exec 3<>$port',
    'cat <&3 >/tmp/answer & reader=$!',
    `printf '${octal}' >&3`,
    `until grep -q '${awaited}' /tmp/answer; do sleep 0.1; done`,
    'kill $reader',
    'exec 3>&-',
    'tr -d "\\000\\r" </tmp/answer',
  ].join('; ');
}

test('a guest reads and writes the folder that its user shares, as far as the project lets him, and nothing beside it', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  await job.setQuarantine({ interval: '10s' });
  await job.serve();
  const policy = join(job.computer.project, 'vms', job.vm, 'policy.yaml');
  appendFileSync(policy, 'sharedFolder: { access: read-write }\n');
  await job.deploy();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  const outside = mkdtempSync(join(tmpdir(), 'lazaret-shared-'));
  t.after(() => rmSync(outside, { recursive: true, force: true }));
  const folder = join(outside, 'mine');
  mkdirSync(folder);
  writeFileSync(join(folder, 'note'), 'from the computer');
  symlinkSync('/etc', join(folder, 'etc'));
  symlinkSync(folder, join(outside, 'link'));
  const lazaret = async (...words: string[]) => job.computer.lazaret(...words, '--json');
  let client = 0;
  const ask = async (method: string, path: string, awaited: string, body = '') => {
    client += 1;
    const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
    return (await job.guest(asked(client, `${head}Connection: close\r\n\r\n${body}`, awaited))).output;
  };

  await t.test('it is there while the machine runs, and status says so', async () => {
    assert.equal((await lazaret('share', job.vm, folder)).status, 0);
    const { stdout } = await job.computer.lazaret('status', job.vm);
    assert.match(stdout, new RegExp(folder));
    assert.match(await ask('GET', '/note', 'from the computer'), /200 OK/);
    await ask('PUT', '/answer', 'HTTP/1.1 201', 'from the guest');
    assert.equal(readFileSync(join(folder, 'answer'), 'utf8'), 'from the guest');
  });

  await t.test('links lead nowhere, neither in it nor to it', async () => {
    assert.match(await ask('GET', '/etc/passwd', 'HTTP/1.1 40'), /HTTP\/1\.1 40[349]/);
    const { code, reason } = failureIn(await lazaret('share', job.vm, join(outside, 'link')));
    assert.equal(code, 'SHARE_FOLDER', reason);
  });

  await t.test('a service that begins anew serves it on', async () => {
    assert.equal((await lazaret('share', job.vm, folder)).status, 0);
    await job.computer.stopService('SIGTERM');
    await job.computer.startService();
    assert.match(await ask('GET', '/note', 'from the computer'), /200 OK/);
  });

  await t.test('to be read alone, nothing is written', async () => {
    assert.equal((await lazaret('share', job.vm, folder, '--read-only')).status, 0);
    assert.match(await ask('PUT', '/answer', 'HTTP/1.1 4', 'once more'), /HTTP\/1\.1 40[35]/);
    assert.equal(readFileSync(join(folder, 'answer'), 'utf8'), 'from the guest');
  });

  await t.test('what the project takes away is over at once, and the port is gone', async () => {
    writeFileSync(policy, readFileSync(policy, 'utf8').replace('sharedFolder: { access: read-write }\n', ''));
    await job.deploy();
    await job.lookUp();
    const gone = `until [ -z "$(cat /sys/class/virtio-ports/*/name | grep -x ${PORT})" ]; do sleep 0.1; done; echo gone`;
    assert.equal((await job.guest(gone)).output.trim(), 'gone');
    assert.equal(failureIn(await lazaret('share', job.vm, folder)).code, 'SHARE_FORBIDDEN');
  });
});

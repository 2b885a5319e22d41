import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AppError } from '../../src/lib/errors.ts';
import type { DirectoryAccount } from '../../src/servers/directory/directory-account.ts';
import { directoryAddress } from '../../src/servers/directory/directory-address.ts';
import { partName } from '../../src/servers/directory/directory-names.ts';
import { Directory } from '../../src/servers/directory/directory-objects.ts';
import { putInDirectory } from '../../src/servers/directory/put-in-directory.ts';
import { publicationIn } from '../../src/servers/publication.ts';
import { deployTarget, putOnServer } from '../../src/servers/put.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code } from '../fakes/made-computer.ts';
import { scratch } from '../fakes/made-project.ts';
import { policyComputer } from '../fakes/policy-computer.ts';
import { threeVersions } from '../fakes/quarantine.ts';
import { noSlapd, slapd } from '../fakes/slapd.ts';

const skip = hasProgram('qemu-img') ? noSlapd : 'qemu-img is not installed';
const never = new AbortController().signal;

function address(text: string) {
  const found = directoryAddress(text);
  assert.ok(found, text);
  return found;
}

/** A directory that has the first deploy, and a computer that reads it as alice. */
async function site(t: TestContext) {
  const [server, computer] = [await slapd(t), await policyComputer(t)];
  computer.setAccount(server.alice, server.caFile);
  const put = (account: DirectoryAccount = server.admin, url = server.ldaps) =>
    putOnServer(computer.published, deployTarget(url), { account });
  await computer.project.deploy();
  await put();
  return { server, computer, put, policies: computer.open(), owner: computer.owner(server.ldaps) };
}

test('a policy deployed into a directory is looked up there, over LDAPS and over StartTLS', { skip }, async (t) => {
  const { server, computer, put, policies, owner } = await site(t);

  assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 1);
  await computer.project.setQuarantine(threeVersions({ threshold: 'third' }));
  await computer.project.deploy();
  await put(server.admin, server.ldap);

  const found = await policies.lookUp(computer.owner(server.ldap), Date.now());
  assert.equal(found.document.serial, 2);
  const { quarantine } = found.document.policy;
  assert.equal(quarantine.type === 'version-based' && quarantine.threshold, 'third');
});

test('what neither the new release nor the one before needs is removed, and nothing else is', { skip }, async (t) => {
  const { server, computer, put } = await site(t);
  await using directory = await Directory.open({ address: address(server.ldaps), account: server.admin });
  await directory.write('notes', Buffer.from('of the administrator'));
  const first = await directory.names();
  for (let deploys = 2; deploys <= 4; deploys += 1) {
    await computer.project.deploy();
    await put();
  }

  const names = await directory.names();
  assert.ok(first.includes('1.snapshot.json.0') && !names.includes('1.snapshot.json.0'));
  for (const kept of ['notes', '1.root.json.0', '3.snapshot.json.0', '4.snapshot.json.0', 'timestamp.json.0'])
    assert.ok(names.includes(kept), kept);
  assert.equal(names.length, 9, 'two releases of three files, a root, a timestamp, the notes');
});

test('ordinary users read, only administrators write, others see nothing', { skip }, async (t) => {
  const { server, computer, put, owner } = await site(t);
  await computer.project.deploy();

  await assert.rejects(put(server.alice), code('STORE_DENIED'));
  computer.setAccount(server.mallory, server.caFile);
  await assert.rejects(computer.open().lookUp(owner, Date.now()), code('STORE_DENIED'));
  assert.equal((await computer.open().current(owner)).lookedUpAt, undefined, 'no look-up, so no access that needs one');
});

test('a wrong password, an account file that others may read, and none at all have a code', { skip }, async (t) => {
  const { server, computer, put, policies, owner } = await site(t);
  await assert.rejects(put({ ...server.admin, password: 'guess' }), code('STORE_LOGIN'));
  computer.setAccount({ ...server.alice, password: 'guess' }, server.caFile);
  await assert.rejects(policies.lookUp(owner, Date.now()), code('STORE_LOGIN'));

  computer.setAccount(server.alice, server.caFile);
  chmodSync(computer.account, 0o644);
  await assert.rejects(policies.lookUp(owner, Date.now()), code('STORE_ACCOUNT'));
  writeFileSync(computer.account, '{"format":1,"user":"x","password":""}');
  chmodSync(computer.account, 0o600);
  await assert.rejects(policies.lookUp(owner, Date.now()), code('STORE_ACCOUNT'));
  rmSync(computer.account);
  await assert.rejects(policies.lookUp(owner, Date.now()), code('STORE_ACCOUNT'));
});

test('a directory without TLS is refused before a password is sent', { skip }, async (t) => {
  const [server, computer] = [await slapd(t, { withTls: false }), await policyComputer(t)];
  computer.setAccount(server.alice, server.caFile);

  await assert.rejects(computer.open().lookUp(computer.owner(server.ldap), Date.now()), code('STORE_NOT_SAFE'));
  await assert.rejects(
    Directory.open({ address: address(server.ldap), account: server.admin }),
    code('STORE_NOT_SAFE'),
  );
});

test('another certificate, one for another name, and one that nobody vouches for are refused', { skip }, async (t) => {
  const { server, computer, policies, owner } = await site(t);
  const before = await policies.lookUp(owner, Date.now());
  const trusted = join(scratch(t), 'ca.pem');
  cpSync(server.caFile, trusted);
  computer.setAccount(server.alice, trusted);
  await assert.rejects(
    policies.lookUp(computer.owner(server.ldaps.replace('127.0.0.1', 'localhost')), Date.now()),
    code('STORE_NOT_SAFE'),
  );
  await server.changeCertificate();

  for (const url of [server.ldaps, server.ldap]) {
    await assert.rejects(policies.lookUp(computer.owner(url), Date.now()), code('STORE_NOT_SAFE'));
    const { user, password } = server.alice;
    await assert.rejects(
      Directory.open({ address: address(url), account: { user, password } }),
      code('STORE_NOT_SAFE'),
    );
  }
  assert.deepEqual(await policies.current(owner), before, 'the last policy holds');
});

test('a directory that goes back to an older release is refused', { skip }, async (t) => {
  const { computer, put, policies, owner } = await site(t);
  const old = join(scratch(t), 'old');
  cpSync(computer.published, old, { recursive: true });
  await computer.project.deploy();
  await put();
  await policies.lookUp(owner, Date.now());
  rmSync(computer.published, { recursive: true });
  renameSync(old, computer.published);
  await put();

  await assert.rejects(policies.lookUp(owner, Date.now()), code('TRUST_ROLLBACK'));
  assert.equal((await policies.current(owner)).document.serial, 2);
});

test('half a deploy is never read: each object that is missing leaves the former policy', { skip }, async (t) => {
  const { server, computer, policies, owner } = await site(t);
  await policies.lookUp(owner, Date.now());
  await using directory = await Directory.open({ address: address(server.ldaps), account: server.admin });
  await computer.project.deploy();
  const publication = await publicationIn(computer.published);
  const [policy = ''] = publication.content;

  for (const path of publication.content) {
    await directory.write(partName(path, 0), readFileSync(join(computer.published, path)));
    assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 1, `after ${path}`);
  }
  await putInDirectory(publication, { address: address(server.ldaps), account: server.admin });
  for (const damage of [Buffer.from('<html>'), readFileSync(join(computer.published, policy)).subarray(0, 100)]) {
    await directory.write(partName(policy, 0), damage);
    await assert.rejects(policies.lookUp(owner, Date.now()), code('TRUST_DIGEST'));
  }
  await directory.remove(partName(policy, 0));
  await assert.rejects(policies.lookUp(owner, Date.now()), code('STORE_UNREACHABLE'));
  assert.equal((await policies.current(owner)).document.serial, 1);
});

test('a deploy whose connection is cut at any moment leaves the former release or the new one', { skip }, async (t) => {
  const { server, computer, policies, owner } = await site(t);
  await policies.lookUp(owner, Date.now());
  await computer.project.deploy();
  const publication = await publicationIn(computer.published);
  const found: number[] = [];
  for (let chunks = 1; found.at(-1) !== 2 && chunks < 60; chunks += 1) {
    const port = await cutAfter(t, portOf(server.ldaps), chunks);
    const login = { address: { ...address(server.ldaps), port }, account: server.admin };
    await putInDirectory(publication, login).catch((error: unknown) =>
      assert.ok(error instanceof AppError, String(error)),
    );
    found.push((await policies.lookUp(owner, Date.now())).document.serial);
  }

  assert.equal(found.at(-1), 2, 'the last one came through');
  assert.ok(found.length > 8, `it was cut in ${found.length} places`);
});

test('a policy of 10,000 entries in many parts arrives whole; a part that is missing is noticed', {
  skip,
}, async (t) => {
  const { server, computer, put, policies, owner } = await site(t);
  const entries = Array.from(
    { length: 10_000 },
    (_none, n) => `machine-${n}.${'department-'.repeat(5)}example.org tcp 443`,
  );
  await computer.project.setQuarantine(threeVersions({ normal: { entries } }));
  await computer.project.deploy();
  await put();

  const { document } = await policies.lookUp(owner, Date.now());
  const { quarantine } = document.policy;
  assert.equal(quarantine.type === 'version-based' && quarantine.normal.entries.length, 10_000);
  const [policy = ''] = (await publicationIn(computer.published)).content;
  await using directory = await Directory.open({ address: address(server.ldaps), account: server.admin });
  assert.ok((await directory.names()).includes(partName(policy, 1)), 'it has more than one part');
  await directory.remove(partName(policy, 1));
  await assert.rejects(computer.open().lookUp(owner, Date.now()), code('TRUST_DIGEST'));
});

test('a file of 16 MiB goes into a directory and comes back', { skip }, async (t) => {
  const server = await slapd(t);
  await using directory = await Directory.open({ address: address(server.ldaps), account: server.admin });
  await directory.makePlace();
  const part = Buffer.alloc(512 << 10, 'x');
  for (let n = 0; n < 32; n += 1) await directory.write(`big.${n}`, part);

  for (let n = 0; n < 32; n += 1) assert.deepEqual(await directory.read(`big.${n}`, part.length), part);
  await assert.rejects(directory.read('big.0', 1000), code('FETCH_TOO_LARGE'));
});

test('a directory that is down, and one that ends in the middle, leave the last policy', { skip }, async (t) => {
  const { server, policies, owner } = await site(t);
  const before = await policies.lookUp(owner, Date.now());
  await server.stop();

  await assert.rejects(policies.lookUp(owner, Date.now()), code('STORE_UNREACHABLE'));
  await assert.rejects(policies.watch(owner, never), code('STORE_UNREACHABLE'));
  assert.deepEqual(await policies.current(owner), before);
});

test('a directory that falls silent in the middle is given up after its time', { skip }, async (t) => {
  const { server } = await site(t);
  const port = await cutAfter(t, portOf(server.ldaps), 4, () => undefined);
  const login = { address: { ...address(server.ldaps), port }, account: server.admin, timeoutMs: 500 };

  await assert.rejects(async () => {
    await using directory = await Directory.open(login);
    for (;;) await directory.read('timestamp.json.0', 10_000);
  }, code('FETCH_FAILED'));
});

test('OpenLDAP has no change notification, so the interval is kept to', { skip }, async (t) => {
  const { policies, owner } = await site(t);
  await policies.lookUp(owner, Date.now());

  assert.equal(await policies.watch(owner, never), 'unsupported');
});

test('servers that say nothing, nonsense, or hang up are given up with a code', { skip: noSlapd }, async (t) => {
  const account = { user: 'cn=x', password: 'x' };
  const at = async (react: (socket: Socket) => void) => {
    const port = await serve(t, react);
    return address(`ldap://127.0.0.1:${port}/cn=x`);
  };
  const hangsUp = await at((socket) => socket.end());
  const nonsense = await at((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const silent = await at(() => undefined);
  const stop = new AbortController();
  setImmediate(() => stop.abort());

  await assert.rejects(Directory.open({ address: hangsUp, account }), code('STORE_NOT_SAFE'));
  await assert.rejects(Directory.open({ address: nonsense, account }), code('STORE_NOT_SAFE'));
  const noTls = { ...code('STORE_NOT_SAFE'), message: /offers no TLS/ };
  await assert.rejects(Directory.open({ address: { ...nonsense, startTls: false }, account }), noTls);
  await assert.rejects(Directory.open({ address: silent, account, signal: stop.signal }), code('INTERRUPTED'));
  await assert.rejects(Directory.open({ address: silent, account, timeoutMs: 50 }), code('FETCH_FAILED'));
});

function portOf(url: string): number {
  return address(url).port;
}

/** A port that leads to another one, and is cut, or whatever else, once so many chunks were sent to it. */
async function cutAfter(
  t: TestContext,
  to: number,
  chunks: number,
  cut: (near: Socket) => void = (near) => near.destroy(),
): Promise<number> {
  let left = chunks;
  return serve(t, (near) => {
    const far = connect(to, '127.0.0.1');
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    far.pipe(near);
    near.on('close', () => far.destroy());
    near.on('data', (bytes: Buffer) => {
      left -= 1;
      if (left < 0) cut(near);
      else far.write(bytes);
    });
  });
}

async function serve(t: TestContext, react: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    react(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const found = server.address();
  return typeof found === 'object' && found ? found.port : 0;
}

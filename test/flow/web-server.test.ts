import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Nginx, noNginx } from '../../lab/nginx.ts';
import { decide } from '../../src/quarantine/decide.ts';
import { putInFolder } from '../../src/servers/folder.ts';
import { publicationIn, TIMESTAMP } from '../../src/servers/publication.ts';
import { listenTcp } from '../../src/sys/http/http-server.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code } from '../fakes/made-computer.ts';
import { scratch } from '../fakes/made-project.ts';
import { policyComputer } from '../fakes/policy-computer.ts';
import { threeVersions } from '../fakes/quarantine.ts';

const skip = hasProgram('qemu-img') ? noNginx : 'qemu-img is not installed';
const DAY = 86_400_000;

/** A computer, and nginx with the first deploy. */
async function site(t: TestContext) {
  const computer = await policyComputer(t);
  // What is served lies where nginx’s own user may read it.
  const folder = join(scratch(t), 'policies');
  mkdirSync(folder, { recursive: true });
  chmodSync(dirname(folder), 0o755);
  const put = async () => {
    await computer.project.deploy();
    await putInFolder(await publicationIn(computer.published), folder);
  };
  /** Makes the last deploy one of an hour ago. */
  const age = () => utimesSync(join(folder, TIMESTAMP), new Date(), new Date(Date.now() - 3_600_000));
  await put();
  const nginx = await Nginx.start(folder);
  t.after(() => nginx[Symbol.asyncDispose]());
  return { computer, folder, put, age, nginx, policies: computer.open(), owner: computer.owner(nginx.address) };
}

test('while nothing changes a look-up is one small request, answered “not modified”', { skip }, async (t) => {
  const { nginx, policies, owner, put, age } = await site(t);
  age();
  const now = Date.now();
  const first = await policies.lookUp(owner, now);
  const atFirst = await nginx.requests(6);
  await policies.lookUp(owner, now + 1000);
  const second = await nginx.requests(1);
  const third = await policies.lookUp(owner, now + 2000);
  const [unchanged, ...more] = await nginx.requests(1);

  assert.equal(atFirst.length, 6, 'two roots, timestamp, snapshot, targets, the policy');
  assert.deepEqual(
    second.map(({ path, status }) => [path, status]),
    [['/policies/metadata/timestamp.json', 200]],
  );
  assert.deepEqual([unchanged?.status, more.length], [304, 0]);
  assert.ok(unchanged && unchanged.bytes < 300 && unchanged.sent < 500, JSON.stringify(unchanged));
  assert.deepEqual(third, { document: first.document, lookedUpAt: now + 2000 }, 'it counts as a look-up');

  await put();
  assert.equal((await policies.lookUp(owner, now + 3000)).document.serial, 2);
});

test('a deploy in the same second as the one before is seen, though nginx gives both the same tag', {
  skip,
}, async (t) => {
  const { folder, put, policies, owner } = await site(t);
  const second = new Date(Math.floor(Date.now() / 1000) * 1000);
  const stamp = () => utimesSync(join(folder, TIMESTAMP), second, second);
  stamp();
  for (let times = 0; times < 3; times += 1) await policies.lookUp(owner, Date.now());
  await put();
  stamp();

  assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 2);
});

test('once a day everything is asked for again, so that new roots are found', { skip }, async (t) => {
  const { nginx, policies, owner } = await site(t);
  await policies.lookUp(owner, Date.now());
  await nginx.requests(6);
  await policies.lookUp(owner, Date.now() + DAY);

  const paths = (await nginx.requests(4)).map(({ path }) => path.split('/').at(-1));
  assert.ok(paths.includes('2.root.json'), String(paths));
});

test('“not modified” does not keep a policy beyond its expiry', { skip }, async (t) => {
  const { computer, folder, age, nginx, policies, owner } = await site(t);
  const now = Date.now();
  await computer.project.deploy(now, DAY / 2);
  await putInFolder(await publicationIn(computer.published), folder);
  age();
  for (const at of [now, now + 1, now + 2]) await policies.lookUp(owner, at);
  const requests = await nginx.requests(8);
  assert.equal(requests.at(-1)?.status, 304);

  await assert.rejects(policies.lookUp(owner, now + DAY / 2 + 1), code('TRUST_EXPIRED'));
});

test('a deploy that ends after any of its files is the old policy or the new one, never a mix', { skip }, async (t) => {
  const { computer, folder, policies, owner } = await site(t);
  await policies.lookUp(owner, Date.now());
  await computer.project.setQuarantine(threeVersions({ threshold: 'third' }));
  await computer.project.deploy();
  const publication = await publicationIn(computer.published);
  for (let files = 0; files <= publication.content.length; files += 1) {
    for (const path of publication.content.slice(0, files)) cpSync(join(computer.published, path), join(folder, path));
    const fresh = await policies.lookUp(owner, Date.now());
    assert.equal(fresh.document.serial, 1, `after ${files} files`);
  }
  await putInFolder(publication, folder);

  assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 2);
});

/** What a server does to the requests for some file, and what must come of it. */
const BAD: readonly [
  what: string,
  file: string,
  does: (response: ServerResponse, bytes: Buffer) => void,
  wanted: string,
][] = [
  ['says it is broken', 'timestamp.json', (response) => response.writeHead(500).end(), 'STORE_UNREACHABLE'],
  ['serves a page', 'timestamp.json', (response) => response.end('<html>maintenance</html>'), 'TRUST_INVALID'],
  ['serves a page for everything', '', (response) => response.end('<html>log in here</html>'), 'TRUST_INVALID'],
  ['sends half a file', 'timestamp.json', (response, bytes) => response.end(bytes.subarray(0, 200)), 'TRUST_INVALID'],
  ['sends half a policy', 'office.json', (response, bytes) => response.end(bytes.subarray(0, 100)), 'TRUST_DIGEST'],
  [
    'hangs up in the middle',
    'office.json',
    (response, bytes) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 100), () => response.destroy());
    },
    'STORE_UNREACHABLE',
  ],
  ['sends without end', 'timestamp.json', (response) => endless(response), 'STORE_UNREACHABLE'],
  ['sends a policy without end', 'office.json', (response) => endless(response), 'STORE_UNREACHABLE'],
  [
    'leads elsewhere',
    'timestamp.json',
    (response) => response.writeHead(302, { location: 'ftp://elsewhere.test/' }).end(),
    'STORE_UNREACHABLE',
  ],
  ['says “not modified” unasked', 'timestamp.json', (response) => response.writeHead(304).end(), 'STORE_UNREACHABLE'],
];

for (const [what, file, does, wanted] of BAD) {
  test(`a server that ${what} gets ${wanted}, and access that is not normal`, { skip }, async (t) => {
    const { computer, owner, policies } = await badServer(t, file, does);

    await assert.rejects(policies.lookUp(owner, Date.now()), code(wanted));

    const { document, lookedUpAt } = await computer.open().current(owner);
    const { quarantine } = document.policy;
    const facts = { lookedUpAt, atHand: false };
    assert.notEqual(decide(quarantine, '0xFA542D3F', facts, Date.now()).access, 'normal');
  });
}

test('a server that dribbles is given up when the service ends, and holds nothing up for longer than its time', {
  skip,
}, async (t) => {
  const stop = new AbortController();
  const { policies, owner } = await badServer(t, 'timestamp.json', (response) => {
    response.writeHead(200);
    const dribble = setInterval(() => response.write('{'), 20);
    response.on('close', () => clearInterval(dribble));
    setTimeout(() => stop.abort(), 100);
  });

  await assert.rejects(policies.lookUp(owner, Date.now(), stop.signal), code('INTERRUPTED'));
});

test('a server that shows an older release is refused, also after one that was not modified', { skip }, async (t) => {
  const { computer, folder, put, policies, owner } = await site(t);
  const old = join(scratch(t), 'old');
  cpSync(folder, old, { recursive: true });
  await put();
  for (let times = 0; times < 3; times += 1) await policies.lookUp(owner, Date.now());
  rmSync(folder, { recursive: true });
  cpSync(old, folder, { recursive: true });

  await assert.rejects(policies.lookUp(owner, Date.now()), code('TRUST_ROLLBACK'));
  assert.equal((await computer.open().current(owner)).document.serial, 2);
});

/** A computer and a server that does what it should, but to the requests for one file. */
async function badServer(t: TestContext, file: string, does: (response: ServerResponse, bytes: Buffer) => void) {
  const computer = await policyComputer(t);
  await computer.project.deploy();
  const listener: RequestListener = ({ url = '' }, response) => {
    const path = join(computer.published, decodeURIComponent(url.replace(/^\/policies\//, '')));
    try {
      const bytes = readFileSync(path);
      if (url.endsWith(file)) does(response, bytes);
      else response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  };
  const server = await listenTcp('127.0.0.1', 0, listener);
  t.after(() => server[Symbol.asyncDispose]());
  const address = `http://127.0.0.1:${server.port}/policies`;
  return { computer, policies: computer.open(), owner: computer.owner(address) };
}

function endless(response: ServerResponse): void {
  const more = () => {
    while (response.writable && response.write(Buffer.alloc(16 << 10, ' ')));
  };
  response.on('drain', more);
  more();
}

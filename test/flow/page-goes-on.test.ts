import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listenTcp } from '../../src/sys/http/http-server.ts';
import { said } from '../fakes/remedy.ts';
import { ALICE, BOB, sharedComputer, usersSkip } from '../fakes/users.ts';

/** A computer of several users on which Alice has her player open. */
async function opened(t: TestContext) {
  const computer = await sharedComputer(t);
  const { run, start, lazaret, as } = computer;
  const stop = await start();
  const { url } = said(await lazaret(ALICE, 'open', '--no-browser')) as { url: string };
  const headers = (await as(ALICE, 'curl', '-sSi', url)).stdout;
  const [, cookie = ''] = /^set-cookie: ([^;]+)/im.exec(headers) ?? assert.fail(headers);
  const { origin, port } = new URL(url);
  /** The status of an answer to a user’s program that has her cookie; 0 where nobody answers. */
  const asked = async (uid: number, at = origin) => {
    const words = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-b', cookie, `${at}/api/v1/status`];
    return Number((await as(uid, 'curl', ...words)).stdout);
  };
  return { ...computer, stop, cookie, port: Number(port), asked, pages: join(run, 'pages') };
}

test('a service that is killed and starts anew goes on with the page of its user, for him alone', {
  skip: usersSkip,
}, async (t) => {
  const { stop, start, asked, pages, cookie } = await opened(t);
  assert.deepEqual([await asked(ALICE), await asked(BOB)], [200, 403]);
  await stop('SIGKILL');
  assert.equal(await asked(ALICE), 0);

  const again = await start();
  assert.deepEqual([await asked(ALICE), await asked(BOB), await asked(0)], [200, 403, 403]);

  await again('SIGTERM');
  await start();
  assert.equal(await asked(ALICE), 200, 'after an orderly end too');
  assert.equal(statSync(pages).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(pages), [`${ALICE}.json`]);
  assert.equal(statSync(join(pages, `${ALICE}.json`)).mode & 0o777, 0o600);
  const [, secret = ''] = cookie.split('=');
  assert.ok(!readFileSync(join(pages, `${ALICE}.json`), 'utf8').includes(secret), 'what is noted opens nothing');
});

test('pages are there before a service that starts anew answers, where the computer knows its accounts slowly too', {
  skip: usersSkip,
}, async (t) => {
  const { stop, start, asked, folder } = await opened(t);
  await stop('SIGKILL');
  const slow = join(folder, 'slow');
  mkdirSync(slow);
  writeFileSync(join(slow, 'id'), '#!/bin/sh\nsleep 2\nexec /usr/bin/id "$@"\n', { mode: 0o755 });
  await start({ PATH: `${slow}:${process.env['PATH']}` });
  assert.equal(await asked(ALICE), 200);
});

test('where another program has the port meanwhile, the page is over, and the service starts', {
  skip: usersSkip,
}, async (t) => {
  const { stop, start, asked, port, lazaret, pages } = await opened(t);
  await stop('SIGKILL');
  const squatter = await listenTcp('127.0.0.1', port, (_request, response) => response.end());
  const second = await start();
  const { url } = said(await lazaret(ALICE, 'open', '--no-browser')) as { url: string };
  assert.equal(await asked(ALICE, new URL(url).origin), 403, 'what she has for the old one is nothing here');
  await squatter[Symbol.asyncDispose]();
  await second('SIGKILL');
  await start();
  assert.equal(await asked(ALICE), 0);
  assert.deepEqual(readdirSync(pages), []);
});

test('lazaret open --end ends every page of hers, also for the next service', { skip: usersSkip }, async (t) => {
  const { stop, start, asked, lazaret, port } = await opened(t);
  said(await lazaret(BOB, 'open', '--end'));
  assert.equal(await asked(ALICE), 200);

  said(await lazaret(ALICE, 'open', '--end'));
  assert.equal(await asked(ALICE), 0);
  await stop('SIGKILL');
  await start();
  assert.equal(await asked(ALICE), 0);
  const { url } = said(await lazaret(ALICE, 'open', '--no-browser')) as { url: string };
  assert.equal(await asked(ALICE, new URL(url).origin), 403, `port ${port} is over`);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppError } from '../../src/lib/errors.ts';
import type { ServerKind } from '../../src/servers/kind.ts';
import { KINDS, neededFor, policyServer } from '../../src/servers/kinds.ts';
import { deployTarget, putOnServer } from '../../src/servers/put.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code } from '../fakes/made-computer.ts';
import { policyComputer } from '../fakes/policy-computer.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const ADDRESS = 'shelf://shelf.example/policies';

/** What a file of a kind of its own would have: files in memory, by name. */
function shelf(): ServerKind {
  const files = new Map<string, Buffer>();
  return {
    form: 'shelf://HOST/NAME',
    owns: (address) => address.startsWith('shelf://'),
    reaches: () => ({ host: 'shelf.example', port: 7000 }),
    watch: async (_address, than) => (files.has(`metadata/${than + 1}.targets.json`) ? 'changed' : 'same'),
    async put({ folder, content }) {
      for (const path of [...content, 'metadata/timestamp.json']) files.set(path, readFileSync(join(folder, path)));
    },
    source: () => ({
      name: 'the shelf',
      async open(path) {
        const bytes = files.get(path);
        if (!bytes) throw new AppError('FETCH_MISSING', `the shelf has no ${path}`);
        return { from: 0, isWhole: true, chunks: [bytes] };
      },
      [Symbol.asyncDispose]: async () => undefined,
    }),
  };
}

test('a kind of server that is added is one row: it is named, needed, put to, looked up and watched', {
  skip,
}, async (t) => {
  const kinds = [shelf(), ...KINDS];
  const computer = await policyComputer(t);
  const policies = computer.open(kinds);
  const owner = computer.owner(ADDRESS);
  const put = () => putOnServer(computer.published, deployTarget(ADDRESS, kinds), {});

  assert.equal(policyServer(kinds).safeParse(ADDRESS).success, true);
  assert.deepEqual(neededFor([ADDRESS, undefined], kinds), [{ host: 'shelf.example', port: 7000 }]);
  await computer.project.deploy();
  await put();
  assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 1);
  const never = new AbortController().signal;
  assert.equal(await policies.watch(owner, never), 'same');
  await computer.project.deploy();
  await put();
  assert.equal(await policies.watch(owner, never), 'changed');
  assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 2);
});

test('an address of a kind that this release does not know is no policy server, and leaves what was known', {
  skip,
}, async (t) => {
  const computer = await policyComputer(t);
  const policies = computer.open();

  await assert.rejects(policies.lookUp(computer.owner(ADDRESS), Date.now()), code('STORE_UNREACHABLE'));
  assert.throws(() => deployTarget(ADDRESS), code('USAGE'));
  assert.equal((await policies.current(computer.owner(ADDRESS))).lookedUpAt, undefined);
});

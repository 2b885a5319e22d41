import assert from 'node:assert/strict';
import { test } from 'node:test';
import { managerProgram } from './manager-program.ts';
import { userProgram } from './user-program.ts';

const lazaret = (words: readonly string[]) => userProgram(words, '/run/socket');

for (const [name, programFor] of Object.entries({ lazaret, 'lazaret-manager': managerProgram })) {
  test(`each command of ${name} is there when it is the one that is asked for, behind options too`, async () => {
    const all = (await programFor([])).commands;
    assert.ok(all.length > 10);
    for (const command of all) {
      const [valued = ''] = name === 'lazaret' ? ['--socket'] : ['-C'];
      const alone = await programFor([valued, 'somewhere', '--json', command.name()]);
      assert.ok(
        alone.commands.some((found) => found.name() === command.name()),
        command.name(),
      );
      assert.ok(alone.commands.length < all.length, `${command.name()} waits for all others`);
    }
  });
}

test('a word that is no command finds all of them, for the help and for what was meant', async () => {
  assert.deepEqual(
    (await lazaret(['strat'])).commands.map((command) => command.name()),
    (await lazaret(['--help'])).commands.map((command) => command.name()),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineProgram } from './line-program.ts';

test('a program is told lines and says lines, on either of its outputs', async () => {
  await using program = await LineProgram.start('sh', [
    '-c',
    'while read -r line; do echo "heard $line"; echo oh >&2; done',
  ]);

  program.tell('one');
  const said = [await program.next(10_000), await program.next(10_000)];

  assert.deepEqual(
    said.toSorted((a, b) => Number(a?.isError) - Number(b?.isError)),
    [
      { line: 'heard one', isError: false },
      { line: 'oh', isError: true },
    ],
  );
});

test('silence has a limit, and what was not read can be forgotten', async () => {
  await using program = await LineProgram.start('cat', []);

  assert.equal(await program.next(20), undefined);
  program.tell('old');
  assert.deepEqual(await program.next(10_000), { line: 'old', isError: false });
  assert.equal(program.hasEnded, false);
});

test('a program that ends is known to have ended', async () => {
  await using program = await LineProgram.start('true', []);

  assert.equal(await program.next(10_000), undefined);
  assert.equal(program.hasEnded, true);
  program.tell('nobody listens');
});

test('a program that is not there is refused', async () => {
  await assert.rejects(LineProgram.start('no-such-program-here', []), { code: 'PROGRAM_MISSING' });
});

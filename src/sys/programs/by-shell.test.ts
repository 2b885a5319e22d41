import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { runByShell } from './by-shell.ts';

const failed = (program: string, code = 'PROGRAM_FAILED') => ({
  name: 'AppError',
  code,
  message: new RegExp(`^${program}\\b`),
});

test('programs run one after the other, each with its own words, input and output', async () => {
  const odd = ['$HOME', '`id`', "it's", '"', '\\', '', '; exit 3', '-n', 'two\nlines'];

  const outputs = await runByShell([
    { program: 'printf', args: ['<%s>', ...odd] },
    { program: 'cat', args: [], input: '$HOME `id` \\ EOF\n\n' },
    { program: 'cat', args: [] },
    { program: 'wc', args: ['-c'], input: 'x'.repeat(300_000) },
    { program: 'printf', args: ['a\n'] },
  ]);

  assert.deepEqual(outputs, [odd.map((word) => `<${word}>`).join(''), '$HOME `id` \\ EOF\n', '', '300001', 'a']);
});

test('the first that fails is the last, and is named with what it said', async (t) => {
  const file = join(scratch(t), 'made');
  const touch = { program: 'touch', args: [file] };

  await assert.rejects(runByShell([{ program: 'cat', args: ['/no/such/file'] }, touch]), failed('cat'));
  await assert.rejects(
    runByShell([{ program: 'true', args: [] }, { program: 'lazaret-no-such-program', args: [] }, touch]),
    failed('lazaret-no-such-program', 'PROGRAM_MISSING'),
  );
  await assert.rejects(runByShell([{ program: 'false', args: [] }]), failed('false'));
  assert.equal(existsSync(file), false);
});

test('one that may fail stops none, and what it complains of is nobody’s', async () => {
  const failing = { program: 'cat', args: ['/no/such/file'], mayFail: true } as const;

  assert.deepEqual(await runByShell([failing, { ...failing, input: 'words' }, { program: 'echo', args: ['next'] }]), [
    '',
    '',
    'next',
  ]);
  await assert.rejects(runByShell([failing, { program: 'false', args: [] }]), {
    message: 'false: failed without a word',
  });
});

test('what is called off ends with all that it began', async (t) => {
  const file = join(scratch(t), 'made');
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 100);

  const running = runByShell(
    [
      { program: 'sleep', args: ['60'] },
      { program: 'touch', args: [file] },
    ],
    { signal: stop.signal },
  );

  await assert.rejects(running, { code: 'INTERRUPTED' });
  await assert.rejects(runByShell([{ program: 'sleep', args: ['60'] }], { timeoutMs: 100 }), {
    code: 'PROGRAM_TIMEOUT',
  });
  assert.equal(existsSync(file), false);
});

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AppError, type ErrorCode } from '../../src/lib/errors.ts';
import { type Ended, failureIn } from './command-line.ts';

/** A try that fails, and what the remedy of its failure says. */
interface Story {
  fails: () => unknown;
  remedy: (failure: AppError) => unknown;
}

export type Remedy = [wanted: ErrorCode, story: (t: TestContext) => Story | Promise<Story>];

/** A test for each code: it is met, what its remedy says is done, and that works. */
export function tryRemedies(remedies: readonly Remedy[], skip: false | string): void {
  for (const [wanted, story] of remedies) {
    test(`${wanted}: what its remedy says is done, and works`, { skip }, async (t) => {
      const { fails, remedy } = await story(t);
      let failure: unknown;
      try {
        await fails();
      } catch (error) {
        failure = error;
      }
      assert.ok(failure instanceof AppError, `${wanted} was not met: ${String(failure)}`);
      assert.equal(failure.code, wanted, failure.message);

      await remedy(failure);
    });
  }
}

/** What a program that was run to its end with --json said; a failure is thrown as if it had happened here. */
export function said(ended: Ended): unknown {
  if (ended.status !== 0) {
    const { code, reason } = failureIn(ended);
    throw new AppError(code as ErrorCode, `${reason}\n${ended.stderr}`);
  }
  const line = ended.stdout.trim().split('\n').at(-1) ?? '';
  return line === '' ? undefined : JSON.parse(line);
}

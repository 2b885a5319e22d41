import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { installPackage } from '../../src/install/change/install.ts';
import { ROOT } from '../../src/install/state/machine/owner.ts';
import type { Steps } from '../../src/lib/steps.ts';
import { type Ends, scratch } from './made-project.ts';

/** A failure with this code, for assert.rejects. */
export const code = (wanted: string) => ({ name: 'AppError', code: wanted });

/** An empty state folder, and what its service does on an installation. */
export function computer(t: Ends, now = Date.now(), state = join(scratch(t), 'state')) {
  mkdirSync(state, { recursive: true });
  return {
    state,
    install: (
      source: string,
      more: {
        fingerprint?: string;
        secret?: string;
        replace?: boolean;
        steps?: Steps;
        keepOld?: boolean;
        consentTo?: string;
        running?: [string, number][];
        now?: number;
        signal?: AbortSignal;
      } = {},
    ) =>
      installPackage(
        {
          source,
          replace: more.replace ?? false,
          keepOld: more.keepOld ?? false,
          ...(more.secret === undefined ? {} : { secret: more.secret }),
          ...(more.consentTo === undefined ? {} : { consentTo: more.consentTo }),
          ...(more.fingerprint === undefined ? {} : { fingerprint: more.fingerprint }),
        },
        {
          ...{ state, asker: ROOT },
          running: () => new Map(more.running ?? []),
          now: more.now ?? now,
          signal: more.signal ?? new AbortController().signal,
          onProgress: () => undefined,
          ...(more.steps ? { steps: more.steps } : {}),
        },
      ),
  };
}

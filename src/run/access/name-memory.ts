import { z } from 'zod';
import type { NameFailure, NameState } from '../../firewall/names/name-state.ts';
import type { NameMemory } from '../../firewall/names/names.ts';
import { failureOf } from '../../lib/errors.ts';
import { KEPT_IN_CLEAR } from '../../sys/files/kept-files.ts';
import type { Log } from '../../sys/log.ts';

/** Room for `MAX_NAMES` of the longest names with all their addresses. */
const MAX_BYTES = 32 << 20;
const MAX_NAMES = 20_000;
/** Of one name and family; more are looked up, and not kept. */
const MAX_KEPT = 16;

const FAILURES = [
  'no-answer',
  'server-failed',
  'refused',
  'no-such-name',
  'no-addresses',
  'points-inside',
] as const satisfies readonly NameFailure[];

const Milliseconds = z.int().min(0);
const Failed = z.strictObject({ code: z.enum(FAILURES), since: Milliseconds });
const family = (address: z.ZodType<string>) =>
  z.strictObject({
    addresses: z.array(address).max(MAX_KEPT),
    answeredAt: Milliseconds,
    failed: Failed.exactOptional(),
  });
const Kept = z.strictObject({ name: z.string().max(253), v4: family(z.ipv4()), v6: family(z.ipv6()) });
const NamesFile = z.strictObject({ format: z.literal(1), names: z.array(Kept).max(MAX_NAMES) });

/**
 * The last good answers for the names of a machine’s lists, in a file of its own. One that is damaged or too long counts
 * as none: what it would open stays closed until a resolver answers.
 */
export function nameMemory(path: string, log: Log, files = KEPT_IN_CLEAR): NameMemory {
  return {
    async read() {
      try {
        const bytes = await files.read(path, MAX_BYTES);
        if (!bytes) return new Map();
        const { names } = NamesFile.parse(JSON.parse(bytes.toString('utf8')));
        return new Map(names.map(({ name, v4, v6 }) => [name, { v4, v6 }]));
      } catch (error) {
        log.warn({ path, ...failureOf(error) }, 'the last answers for names cannot be read');
        return new Map();
      }
    },
    async write(states) {
      const names = [...states].slice(0, MAX_NAMES).map(([name, state]) => ({ name, ...capped(state) }));
      await files.write(path, `${JSON.stringify({ format: 1, names })}\n`);
    },
  };
}

function capped({ v4, v6 }: NameState): NameState {
  const cap = (state: NameState['v4']) => ({ ...state, addresses: state.addresses.slice(0, MAX_KEPT) });
  return { v4: cap(v4), v6: cap(v6) };
}

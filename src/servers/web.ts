import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { shownAddress, sourceAt } from '../sys/sources/fetch.ts';
import { fetchBytes } from '../sys/sources/source.ts';
import type { ServerKind, Watched } from './kind.ts';

const MAX_ANSWER_BYTES = 4096;
/** Longer than a server makes us wait. */
const PATIENCE_MS = 90_000;
const SILENCES: ReadonlySet<string> = new Set(['FETCH_FAILED', 'FETCH_NAME', 'FETCH_TLS', 'FETCH_PROXY']);
const Answer = z.looseObject({ version: z.int().min(0) });

const USUAL_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** A published folder on a web server. */
export const web: ServerKind = {
  form: 'https://HOST/PATH',
  owns: (address) => (URL.parse(address)?.protocol ?? '') in USUAL_PORTS,
  source: (address) => sourceAt(new URL(address)),
  watch: (address, than, { signal }) => watchWeb(new URL(address), than, signal),
  reaches(address) {
    const { hostname, port, protocol } = new URL(address);
    return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) || (USUAL_PORTS[protocol] ?? 0) };
  },
};

/**
 * Waits until a policy server has something newer than a version, or says that it has not for now. The answer is a hint:
 * what there is to be believed is looked up and verified afterwards.
 * @throws STORE_UNREACHABLE, INTERRUPTED
 */
export async function watchWeb(server: URL, than: number, signal: AbortSignal): Promise<Watched> {
  try {
    const options = { maxBytes: MAX_ANSWER_BYTES, timeoutMs: PATIENCE_MS, signal };
    const bytes = await fetchBytes(sourceAt(server), `watch/${than}`, options);
    const { version } = Answer.parse(JSON.parse(bytes.toString('utf8')));
    return version > than ? 'changed' : 'same';
  } catch (error) {
    if (error instanceof AppError && error.code === 'INTERRUPTED') throw error;
    if (error instanceof AppError && SILENCES.has(error.code)) {
      throw new AppError('STORE_UNREACHABLE', `the policy server ${shownAddress(server)} cannot be watched`, {
        cause: error,
      });
    }
    // A server that knows nothing of this gives an error, a page, or anything.
    return 'unsupported';
  }
}

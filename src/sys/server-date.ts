/** How long a server that may say the time is waited for. */
const DATE_MS = 3000;

/** What time a web server says it is, in milliseconds since 1970, or undefined: a hint, since nothing proves it. */
export async function serverDate(address: URL, signal?: AbortSignal): Promise<number | undefined> {
  const ends = AbortSignal.any([AbortSignal.timeout(DATE_MS), ...(signal ? [signal] : [])]);
  try {
    const response = await fetch(address, { method: 'HEAD', redirect: 'manual', signal: ends });
    const at = Date.parse(response.headers.get('date') ?? '');
    return Number.isNaN(at) ? undefined : at;
  } catch {
    // Offline, no such server, too slow: nothing is known then.
    return undefined;
  }
}

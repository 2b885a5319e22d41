import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, type PeerCertificate } from 'node:tls';

/**
 * The SHA-256 of the public key that a TLS server at HOST:PORT proves to hold, in hexadecimal; undefined when none does in
 * time. Who has certified the key is not looked at: whoever asks knows which one it must be.
 */
export async function provenKey(address: string, timeoutMs: number): Promise<string | undefined> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const socket = connect({
    host,
    port: Number(address.slice(colon + 1)),
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
  });
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error('it does not answer')));
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(timeoutMs) });
    const { raw }: Partial<PeerCertificate> = socket.getPeerCertificate();
    if (!raw) return undefined;
    const key = new X509Certificate(raw).publicKey.export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(key).digest('hex');
  } catch {
    // No server, no TLS, no time: nothing is proven.
    return undefined;
  } finally {
    socket.destroy();
  }
}

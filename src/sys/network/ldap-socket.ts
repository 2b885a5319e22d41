import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AppError, systemCode } from '../../lib/errors.ts';
import { noAnswer } from './no-answer.ts';
import { START_TLS_REQUEST, startTlsAnswer } from './start-tls.ts';

export interface LdapServer {
  host: string;
  port: number;
  startTls: boolean;
}

export interface LdapConnect {
  /** The certificates that may vouch for the server, in PEM; without it, those that the system trusts. */
  ca?: Buffer;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/**
 * A connection to a directory, inside TLS, with a certificate that was verified for the host’s name. There is no other kind.
 * @throws FETCH_FAILED (nobody answers in time), FETCH_NAME (DNS does not know it), STORE_NOT_SAFE (no TLS, or another certificate), INTERRUPTED
 */
export async function connectLdap(server: LdapServer, { ca, timeoutMs, signal }: LdapConnect): Promise<TLSSocket> {
  const { host, port, startTls } = server;
  const what = `the directory ${host}:${port}`;
  const deadline = AbortSignal.timeout(timeoutMs);
  const ends = signal ? AbortSignal.any([deadline, signal]) : deadline;
  const plain = connect(port, host);
  const end = () => plain.destroy(new Error('ended'));
  ends.addEventListener('abort', end, { once: true });
  try {
    await once(plain, 'connect', { signal: ends });
    if (startTls) await askForTls(plain, what);
    const socket = connectTls({
      socket: plain,
      host,
      minVersion: 'TLSv1.2',
      ...(isIP(host) ? {} : { servername: host }),
      ...(ca ? { ca } : {}),
    });
    try {
      await once(socket, 'secureConnect', { signal: ends });
      return socket;
    } catch (error) {
      socket.on('error', () => undefined).destroy();
      throw ends.aborted || systemCode(error) === 'ECONNRESET' ? error : notSafe(what, error);
    }
  } catch (error) {
    plain.on('error', () => undefined).destroy();
    if (error instanceof AppError) throw error;
    if (signal?.aborted) throw new AppError('INTERRUPTED', `asking ${what} was interrupted`, { cause: error });
    if (deadline.aborted) throw new AppError('FETCH_FAILED', `${what} did not answer in time`, { cause: error });
    const { code, why } = noAnswer(error);
    throw new AppError(code, `${what} cannot be reached: ${why}`, { cause: error });
  } finally {
    ends.removeEventListener('abort', end);
  }
}

async function askForTls(socket: Socket, what: string): Promise<void> {
  socket.write(START_TLS_REQUEST);
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    const answer = startTlsAnswer(bytes);
    if (answer === 'yes') return;
    if (answer === 'no') throw notSafe(what);
  }
  throw notSafe(what);
}

function notSafe(what: string, cause?: unknown): AppError {
  const isTls = cause instanceof Error && !/^(EPROTO|ERR_SSL_)/.test(systemCode(cause) ?? '');
  const why = isTls ? `its certificate is not to be trusted: ${cause.message}` : 'it offers no TLS';
  return new AppError('STORE_NOT_SAFE', `${what} is not used, because ${why}`, { cause });
}

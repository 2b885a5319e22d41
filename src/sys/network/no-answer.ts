import { type ErrorCode, systemCode } from '../../lib/errors.ts';

/** Failures of a call to the operating system, with what a user may do about them in mind. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there, or a firewall refuses it',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'this computer has no network that leads there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  ETIMEDOUT: 'it did not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'it did not answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'it did not answer in time',
  UND_ERR_BODY_TIMEOUT: 'it did not answer in time',
};
const NO_NAME: Readonly<Record<string, string>> = {
  ENOTFOUND: 'is no name that DNS knows',
  EAI_AGAIN: 'could not be asked for, because no DNS server answered',
};
const CERTIFICATE = /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;
const TLS = /^(ERR_SSL_|ERR_TLS_|EPROTO$)/;
/** What a proxy answers instead of a way through; only the text has the status. */
const BY_PROXY = /^(?:Proxy response|Proxy Authentication Required) \((\d{3})\)/;
const PROXY_SAYS: Readonly<Record<string, string>> = {
  407: 'the proxy wants a user and password (status 407)',
  403: 'the proxy lets nobody through to it (status 403)',
};

/** Why a server gave no answer, as far as the failure tells: the remedies differ. */
export function noAnswer(error: unknown): { code: ErrorCode; why: string } {
  const cause = innermost(error);
  const system = systemCode(cause) ?? '';
  const noName = NO_NAME[system];
  if (noName !== undefined) return { code: 'FETCH_NAME', why: `${fieldOf(cause, 'hostname') ?? 'its name'} ${noName}` };
  if (CERTIFICATE.test(system)) return { code: 'FETCH_TLS', why: `its certificate is not to be trusted (${system})` };
  if (TLS.test(system)) return { code: 'FETCH_TLS', why: `it speaks no TLS that this computer knows (${system})` };
  const [, status] = BY_PROXY.exec(cause.message) ?? [];
  if (status !== undefined) return byProxy(status);
  if (cause.name === 'TimeoutError') return { code: 'FETCH_FAILED', why: 'it did not answer in time' };
  const reason = REASONS[system];
  if (reason === undefined) return { code: 'FETCH_FAILED', why: system === '' ? cause.message : system };
  const [address, port] = [fieldOf(cause, 'address'), fieldOf(cause, 'port')];
  // Behind a proxy it is not the address that was asked for.
  return { code: 'FETCH_FAILED', why: address === undefined ? reason : `${address} port ${port}: ${reason}` };
}

function byProxy(status: string): { code: ErrorCode; why: string } {
  const refusal = PROXY_SAYS[status];
  if (refusal !== undefined) return { code: 'FETCH_PROXY', why: refusal };
  return { code: 'FETCH_FAILED', why: `the proxy could not reach it (status ${status})` };
}

/** `fetch` says “fetch failed” and why in its cause; several addresses of one name fail with a list. */
function innermost(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('it failed');
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error.cause];
  return first instanceof Error ? innermost(first) : error;
}

function fieldOf(error: Error, field: 'hostname' | 'address' | 'port'): string | undefined {
  const value = (error as Error & Partial<Record<typeof field, unknown>>)[field];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

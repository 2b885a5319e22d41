import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** A certificate that vouches for itself, for one name or address; both files in `folder`. */
export function selfSigned(folder: string, host = '127.0.0.1', name = 'server'): { key: string; certificate: string } {
  const [key, certificate] = [join(folder, `${name}-key.pem`), join(folder, `${name}-cert.pem`)];
  const subject = /^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`;
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'],
      ...['-subj', '/CN=test', '-addext', `subjectAltName=${subject}`, '-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  return { key, certificate };
}

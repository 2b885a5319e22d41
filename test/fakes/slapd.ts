import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { selfSigned } from '../../lab/certificate.ts';
import { hasProgram, PROGRAM_ENV } from '../../src/sys/programs/exec.ts';
import { scratch } from './made-project.ts';

export const noSlapd = hasProgram('slapd') ? false : 'slapd is not installed';
const SUFFIX = 'dc=lazaret,dc=test';
const PLACE = `cn=policies,${SUFFIX}`;

/** A real OpenLDAP server on loopback, with an administrator who writes, `alice` who reads, and `mallory` who may do neither. */
export async function slapd(t: TestContext, { withTls = true }: { withTls?: boolean } = {}) {
  const folder = scratch(t);
  const [port, tlsPort] = [await freePort(), await freePort()];
  const tls = selfSigned(folder);
  mkdirSync(join(folder, 'db'));
  const person = (name: string) => [
    `dn: cn=${name},${SUFFIX}`,
    'objectClass: person',
    'sn: x',
    `userPassword: ${name}-pw`,
    '',
  ];
  const config = [
    'include /etc/ldap/schema/core.schema',
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    ...(withTls ? [`TLSCertificateFile ${tls.certificate}`, `TLSCertificateKeyFile ${tls.key}`] : []),
    'database mdb',
    'maxsize 268435456',
    `suffix "${SUFFIX}"`,
    `rootdn "cn=admin,${SUFFIX}"`,
    'rootpw admin-pw',
    `directory ${folder}/db`,
    'access to attrs=userPassword by anonymous auth by * none',
    `access to dn.subtree="${PLACE}" by dn.exact="cn=alice,${SUFFIX}" read by * none`,
    'access to * by users read by * none',
  ];
  writeFileSync(join(folder, 'slapd.conf'), `${config.join('\n')}\n`);
  const entries = [`dn: ${SUFFIX}`, 'objectClass: dcObject', 'objectClass: organization', 'o: lazaret', ''];
  const input = [...entries, ...person('alice'), ...person('mallory')].join('\n');
  execFileSync('slapadd', ['-q', '-f', join(folder, 'slapd.conf')], {
    input,
    env: PROGRAM_ENV,
    stdio: ['pipe', 'ignore', 'pipe'],
  });

  let server: ChildProcess | undefined;
  const account = (name: string) => ({
    user: `cn=${name},${SUFFIX}`,
    password: `${name}-pw`,
    ca: readFileSync(tls.certificate),
  });
  const at = {
    place: PLACE,
    ldaps: `ldaps://127.0.0.1:${tlsPort}/${PLACE}`,
    ldap: `ldap://127.0.0.1:${port}/${PLACE}`,
    caFile: tls.certificate,
    admin: account('admin'),
    alice: account('alice'),
    mallory: account('mallory'),
    async start() {
      const urls = `ldap://127.0.0.1:${port}/${withTls ? ` ldaps://127.0.0.1:${tlsPort}/` : ''}`;
      server = spawn('slapd', ['-d', '0', '-f', join(folder, 'slapd.conf'), '-h', urls], {
        env: PROGRAM_ENV,
        stdio: 'ignore',
      });
      await listening(port, server);
    },
    async stop() {
      if (server?.exitCode === null && server.signalCode === null) {
        server.kill('SIGKILL');
        await once(server, 'exit');
      }
    },
    /** The server comes back with another certificate than the one that is trusted. */
    async changeCertificate() {
      await at.stop();
      const other = selfSigned(folder, '127.0.0.1', 'other');
      writeFileSync(tls.key, readFileSync(other.key));
      writeFileSync(tls.certificate, readFileSync(other.certificate));
      await at.start();
    },
  };
  t.after(() => at.stop());
  await at.start();
  return at;
}

/** Waits until somebody listens on a port of loopback. */
async function listening(port: number, server: ChildProcess): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error('the server ended before it listened');
    const socket = connect(port, '127.0.0.1');
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isThere) return;
    await sleep(10);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

import { type ChildProcess, execFileSync, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Domain } from '../src/policy/parts/domain.ts';
import { Directory } from '../src/servers/directory/directory-objects.ts';
import { hasProgram, PROGRAM_ENV } from '../src/sys/programs/exec.ts';
import { atExit } from './at-exit.ts';
import { selfSigned } from './certificate.ts';
import { ADMIN_PASSWORD, ALICE_PASSWORD, copyDomain, SUFFIX } from './domain-tree.ts';
import { addNamespace, enter, newPrefix, removeLeftovers, removeNamespace } from './namespaces.ts';
import { whyNoNetwork } from './network.ts';

/** It lasts as long as a test: it waits for no disk. */
const ENV = { ...PROGRAM_ENV, TDB_NO_FSYNC: '1' };
/** Where programs find the winbind of a computer (Samba’s own place, on Debian). */
const WINBIND = '/run/samba/winbindd';
const ADD_OBJECTS = join(import.meta.dirname, 'add-objects.py');
const RUN_FOLDERS = {
  'pid directory': 'run',
  'ncalrpc dir': 'run/ncalrpc',
  'winbindd socket directory': 'run/winbindd',
  'ntp signd socket directory': 'run/ntp',
  'lock directory': 'run/lock',
};

/** Why there can be no domain controller here, or false. */
export function whyNoDomainController(): string | false {
  const missing = ['samba', 'samba-tool', 'wbinfo', 'openssl'].filter((program) => !hasProgram(program));
  return whyNoNetwork() || (missing.length > 0 ? `not installed: ${missing.join(', ')}` : false);
}

/**
 * An Active Directory domain controller of Samba, whose domain nobody has used yet. Its ports are fixed, so it listens in a
 * network namespace of its own, whose LDAPS and LDAP ports are relayed to `ldaps` and `ldap` here. It has an administrator,
 * and an ordinary user `alice`.
 */
export class DomainController implements AsyncDisposable {
  readonly place = `CN=Lazaret,CN=System,${SUFFIX}`;
  readonly caFile: string;
  readonly admin;
  readonly alice;
  readonly #folder = mkdtempSync(join(tmpdir(), 'lazaret-dc-'));
  readonly #config = join(this.#folder, 'tree', 'etc', 'smb.conf');
  readonly #namespace = `${newPrefix()}-dc`;
  readonly #exit = atExit(() => this.#remove());
  readonly #children: ChildProcess[] = [];
  readonly #relays: Relay[] = [];

  readonly #isJoined: boolean;
  #isMounted = false;

  private constructor(isJoined: boolean) {
    this.#isJoined = isJoined;
    removeLeftovers();
    addNamespace(this.#namespace);
    const { key, certificate } = selfSigned(this.#folder, '127.0.0.1');
    this.caFile = certificate;
    const ca = readFileSync(certificate);
    this.admin = { user: 'administrator@lazaret.test', password: ADMIN_PASSWORD, ca };
    this.alice = { user: 'alice@lazaret.test', password: ALICE_PASSWORD, ca };
    this.#provision(key, certificate);
  }

  /** `isJoined`: this computer is in its domain, whose winbind answers here. */
  static async start({ isJoined = false } = {}): Promise<DomainController> {
    const controller = new DomainController(isJoined);
    try {
      await controller.#listen();
      if (isJoined) await controller.#join();
      return controller;
    } catch (error) {
      await controller[Symbol.asyncDispose]();
      throw error;
    }
  }

  get ldaps(): string {
    return `ldaps://127.0.0.1:${this.#relays[0]?.port}/${this.place}`;
  }

  get ldap(): string {
    return `ldap://127.0.0.1:${this.#relays[1]?.port}/${this.place}`;
  }

  /** Itself, as a project names it, by LDAPS or StartTLS. */
  domain(startTls = false): Domain {
    const address = (startTls ? this.ldap : this.ldaps).replace(this.place, SUFFIX);
    return { address, ca: this.admin.ca.toString() };
  }

  /** The Unix socket that leads to its LDAPS port, for a relay of whoever is in yet another namespace. */
  get socket(): string {
    return join(this.#folder, '636.sock');
  }

  /** Adds many objects at once, a minute’s work for LDAP: what `dn` names, and its attributes. */
  add(objects: readonly ({ dn: string } & Record<string, string | string[]>)[]): void {
    // Samba’s own modules are there for the Python of the system.
    this.#run('/usr/bin/python3', [ADD_OBJECTS, this.#config], JSON.stringify(objects));
  }

  /** Cuts every connection there is now, as a network that fails. */
  cut(): void {
    for (const relay of this.#relays) relay.cut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const relay of this.#relays) relay.close();
    this.#exit.forget();
    this.#remove();
  }

  #provision(key: string, certificate: string): void {
    const tree = join(this.#folder, 'tree');
    copyDomain(tree, (program, args) => this.#run(program, args));
    for (const folder of [...Object.values(RUN_FOLDERS), 'run/ncalrpc/np'])
      mkdirSync(join(tree, folder), { recursive: true, mode: folder.endsWith('/np') ? 0o700 : 0o755 });
    const settings = [
      `server services = ${this.#isJoined ? 'rpc, winbindd, ' : ''}ldap, cldap, kdc, drepl`,
      'dcerpc endpoint servers = -winreg -srvsvc',
      'tls enabled = yes',
      `tls keyfile = ${key}`,
      `tls certfile = ${certificate}`,
      'tls cafile =',
      `log file = ${tree}/log.samba`,
      ...Object.entries(RUN_FOLDERS).map(([name, folder]) => `${name} = ${join(tree, folder)}`),
    ];
    const copied = readFileSync(this.#config, 'utf8');
    writeFileSync(this.#config, copied.replace('[global]\n', `[global]\n\t${settings.join('\n\t')}\n`));
  }

  async #listen(): Promise<void> {
    const command = ['samba', '-i', '-M', 'single', '-s', this.#config];
    const [program = '', ...args] = [...enter(this.#namespace), ...command];
    const server = spawn(program, args, { env: ENV, stdio: 'ignore' });
    this.#children.push(server);
    for (const port of [636, 389]) this.#relays.push(await this.#relay(port));
    const [, port = 0] = /:(\d+)\//.exec(this.ldaps) ?? [];
    const address = { host: '127.0.0.1', port: Number(port), startTls: false, base: this.place };
    for (;;) {
      if (server.exitCode !== null) throw new Error('the domain controller ended');
      const opened = await Directory.open({ address, account: this.admin }).catch(() => undefined);
      await opened?.[Symbol.asyncDispose]();
      if (opened) return;
      await sleep(50);
    }
  }

  /** Programs look for winbind in one place alone, and only in a folder of root's. */
  async #join(): Promise<void> {
    mkdirSync(WINBIND, { recursive: true });
    execFileSync('mount', ['--bind', join(this.#folder, 'tree', RUN_FOLDERS['winbindd socket directory']), WINBIND]);
    this.#isMounted = true;
    while (spawnSync('wbinfo', ['--ping'], { env: PROGRAM_ENV }).status !== 0) await sleep(50);
  }

  /** What a user of this computer has as a number, and as an identifier; he has signed in here with his password. */
  signedIn(user: string, password: string): { uid: number; sid: string } {
    const ask = (...words: string[]) => this.#run('wbinfo', words).trim();
    ask('--authenticate', `LAZARET\\${user}%${password}`);
    const [sid = ''] = ask(`--name-to-sid=LAZARET\\${user}`).split(' ');
    return { uid: Number(ask(`--sid-to-uid=${sid}`)), sid };
  }

  async #relay(port: number): Promise<Relay> {
    const path = join(this.#folder, `${port}.sock`);
    const [execPath = '', ...execArgv] = [...enter(this.#namespace), process.execPath];
    const inner = fork(join(import.meta.dirname, 'relay.ts'), [path, `${port}`], { execPath, execArgv });
    this.#children.push(inner);
    await once(inner, 'message');
    return Relay.open(path);
  }

  #run(program: string, args: string[], input = ''): string {
    const [first = '', ...rest] = [...enter(this.#namespace), program, ...args];
    return execFileSync(first, rest, { env: ENV, encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] });
  }

  #remove(): void {
    if (this.#isMounted) execFileSync('umount', ['--lazy', WINBIND]);
    this.#isMounted = false;
    for (const child of this.#children) child.kill('SIGKILL');
    removeNamespace(this.#namespace);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A port of our loopback whose connections go to a Unix socket. */
class Relay {
  readonly port: number;
  readonly #close: () => void;
  readonly #sockets: Set<Socket>;

  private constructor(port: number, sockets: Set<Socket>, close: () => void) {
    this.port = port;
    this.#sockets = sockets;
    this.#close = close;
  }

  static async open(path: string): Promise<Relay> {
    const sockets = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(path);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one
          .on('error', () => undefined)
          .on('close', () => {
            sockets.delete(one);
            other.destroy();
          });
        one.pipe(other);
      }
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return new Relay(typeof address === 'object' && address ? address.port : 0, sockets, () => server.close());
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#close();
    this.cut();
  }
}

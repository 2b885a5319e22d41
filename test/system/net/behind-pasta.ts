// Asks servers from namespaces that pasta connects, as a service without root does, and says what came of it.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../src/lib/errors.ts';
import { connectLdap } from '../../../src/sys/network/ldap-socket.ts';
import { readNetworkFacts } from '../../../src/sys/network/network-facts.ts';
import { noAnswer } from '../../../src/sys/network/no-answer.ts';
import { startInOwnNamespaces } from '../../../src/sys/programs/own-namespaces.ts';
import { sourceAt } from '../../../src/sys/sources/fetch.ts';

const [, file = '', folder = '', where = 'outside', ...addresses] = process.argv;

async function page(host: string): Promise<string> {
  try {
    const { chunks } = await sourceAt(new URL(`http://${host}:8000/`)).open('page', { maxBytes: 1000 });
    return Buffer.concat(await Array.fromAsync(chunks, (chunk) => Buffer.from(chunk))).toString();
  } catch (error) {
    return noAnswer(error).code;
  }
}

/** What listens there knows no TLS, and says so: whoever hears it has been connected. */
async function directory(host: string): Promise<string> {
  try {
    await connectLdap({ host, port: 8001, startTls: true }, { timeoutMs: 20_000 });
    return 'connected';
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

if (where === 'outside') {
  const words = [process.execPath, file, folder, 'inside', ...addresses];
  process.exitCode = await (await startInOwnNamespaces(words, folder)).ended;
} else {
  while ((await readNetworkFacts(() => false)).gateways.length === 0) await sleep(20);
  const hosts = join(folder, 'hosts');
  writeFileSync(hosts, addresses.map((address) => `${address} several.test\n`).join(''));
  execFileSync('mount', ['--bind', hosts, '/etc/hosts']);
  const found = {
    page: await page('several.test'),
    directory: await directory('several.test'),
    alone: await page(addresses[0] ?? ''),
  };
  process.stdout.write(JSON.stringify(found));
}

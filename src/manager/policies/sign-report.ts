import { AppError } from '../../lib/errors.ts';
import { openProject } from '../../project/open.ts';
import { type Report, reportText } from '../../trust/report-signature.ts';
import { createKeyFile, openKeyFile } from '../../trust/sign/keys.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Makes a key for an update server; gives its public half, which policies name. @throws KEY_EXISTS, USAGE (an empty passphrase) */
export async function newSigner(keyFile: string, passphrase: string): Promise<string> {
  return (await createKeyFile(keyFile, passphrase)).publicKeyHex;
}

/**
 * Signs that a machine is at a version, with the key of an update server; gives what its guest gives to nq-set.
 * @throws USAGE (no UUID of a machine), PROJECT_*, KEY_*, and what `passphrase` throws
 */
export async function signReport(
  folder: string,
  { machine, descriptor, counter }: Omit<Report, 'project'>,
  keyFile: string,
  passphrase: () => Promise<string>,
): Promise<string> {
  if (!UUID.test(machine)) throw new AppError('USAGE', `“${machine}” is not the UUID of a machine`);
  const { fingerprint: project } = (await openProject(folder)).file.value;
  const key = await openKeyFile(keyFile, await passphrase());
  const signature = key.sign(Buffer.from(reportText({ project, machine, descriptor, counter })));
  return `${descriptor};sig=${counter}.${signature.toString('base64url')}`;
}

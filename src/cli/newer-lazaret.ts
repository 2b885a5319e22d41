import { z } from 'zod';
import type { LazaretAnswer, LazaretRequest } from '../api/install.ts';
import { ROUTES } from '../api/routes.ts';
import { typed } from '../lib/command-words.ts';
import { AppError, failureOf } from '../lib/errors.ts';
import type { AsJson } from '../lib/json.ts';
import { installLazaret, type Offer, offerFor, provedLazaret } from '../package/installer/upgrade.ts';
import { openSource } from '../package/source.ts';
import type { Context } from './program.ts';
import { askedPackageSecret } from './secrets/package-secret.ts';
import { askOnce, isFailure, type ServiceOptions } from './service.ts';
import { isAgreed } from './terminal/confirm.ts';
import { failureText, printStep } from './terminal/print.ts';

/** Which Lazaret a project has signed, with what opens the place where it is. */
interface Asked {
  signed: AsJson<LazaretAnswer>;
  secret?: string;
}

/** Asks the service which Lazaret is signed, and the user for what it wants to be told first. @throws as the service says */
export async function askSigned(context: Context, options: ServiceOptions, body: LazaretRequest): Promise<Asked> {
  try {
    const signed = await askOnce(options, ROUTES.lazaret, { body, signal: context.signal });
    return { signed, ...(body.secret === undefined ? {} : { secret: body.secret }) };
  } catch (error) {
    const answered = (await askedPackageSecret(error)) ?? (await agreedFingerprint(context, error, body));
    if (!answered) throw error;
    return askSigned(context, options, { ...body, ...answered });
  }
}

async function agreedFingerprint(context: Context, error: unknown, { fingerprint: given }: LazaretRequest) {
  if (!isFailure(error) || error.code !== 'TRUST_CONFIRM' || given !== undefined) return undefined;
  const { fingerprint } = z.object({ fingerprint: z.string().optional() }).parse(error.details);
  const question = `${error.reason}\nIs that the fingerprint your administrator told you?`;
  return fingerprint !== undefined && (await isAgreed(context, question)) ? { fingerprint } : undefined;
}

/** Proves what is offered, and installs it where that is wanted. @throws as provedLazaret and installLazaret */
export async function proveOffered(
  context: Context,
  { signed, secret }: Asked,
  { offered }: Offer,
  isToBeInstalled: boolean,
): Promise<void> {
  const { signal } = context;
  await using source = await openSource(signed.source, secret);
  const proved = await provedLazaret(source, offered, signal);
  if (!isToBeInstalled) return;
  printStep(context, `installing Lazaret ${offered.version}, signed by ${signed.project.name}`);
  for (const line of await installLazaret(proved, offered, signal)) printStep(context, line);
}

interface UpdateOptions extends ServiceOptions {
  /** It was agreed to beforehand, and that it cannot be is a failure. */
  lazaret?: boolean;
}

/**
 * Keeps Lazaret itself as new as the project’s address has it, where the project hands one out; never back. Root is asked first;
 * anybody else is told what root runs, and where it cannot be that is said.
 * @returns whether a newer one is here now
 * @throws with `lazaret`: LAZARET_UNPACKAGED, LAZARET_MISSING; TRUST_*, FETCH_*, PROGRAM_*, INTERRUPTED
 */
export async function keepLazaretNew(
  context: Context,
  options: UpdateOptions,
  secret: { secret?: string },
): Promise<boolean> {
  try {
    const asked = await askSigned(context, options, secret);
    const offer = await offerFor(asked.signed.files, context.signal);
    if (!offer.isPackage)
      throw new AppError('LAZARET_UNPACKAGED', 'Lazaret on this computer is no Debian package, as the newer one is');
    if (!offer.isNewer || !(await isWanted(context, options, asked, offer))) return false;
    await proveOffered(context, asked, offer, true);
    printStep(context, `Lazaret ${offer.offered.version} is installed${inPlaceOf(offer)}`);
    return true;
  } catch (error) {
    const code = isFailure(error) || error instanceof AppError ? error.code : '';
    if (options.lazaret || !/^LAZARET_/.test(code)) throw error;
    // Most projects hand none out.
    if (error instanceof AppError) printStep(context, failureText(failureOf(error)));
    return false;
  }
}

async function isWanted(
  context: Context,
  { lazaret = false }: UpdateOptions,
  { signed }: Asked,
  offer: Offer,
): Promise<boolean> {
  if (lazaret) return true;
  const { version } = offer.offered;
  const isRoot = process.getuid?.() === 0;
  const question = `${signed.project.name} hands out Lazaret ${version}${inPlaceOf(offer)}. Install it? Machines run on.`;
  if (isRoot && (await isAgreed(context, question, true))) return true;
  const command = typed(['lazaret', 'upgrade', signed.source]);
  printStep(
    context,
    `Lazaret ${version} is handed out${inPlaceOf(offer)}; ${isRoot ? '' : 'as root, '}this installs it: ${command}`,
  );
  return false;
}

/** What it takes the place of, for a sentence. */
export function inPlaceOf({ installed }: Pick<Offer, 'installed'>): string {
  return installed === undefined ? '' : `, in place of ${installed}`;
}

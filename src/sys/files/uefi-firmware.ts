import { AppError } from '../../lib/errors.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { copyFileTo, fileBytes, isThere, readCapped } from './files.ts';
import { namesIn } from './folders.ts';

/** Where QEMU’s firmware is described (its docs/interop/firmware.json); a file of the first hides its namesake in the second. */
const FOLDERS = ['/etc/qemu/firmware', '/usr/share/qemu/firmware'];
const MAX_BYTES = 1 << 20;
export const MAX_UEFI_VARIABLES_BYTES = 8 << 20;
/** What starts only what is signed has both; of what starts everything, one would be in the way. */
const SECURE = ['secure-boot', 'enrolled-keys'];
const UNFIT = ['requires-smm', 'enrolled-keys'];

/** The firmware of machines that start by UEFI. */
export interface UefiFirmware {
  code: string;
  /** What its settings begin as: each machine has a copy. */
  template: string;
}

interface Wanted {
  /** It starts only what is signed by the keys that its settings begin with: Microsoft’s. */
  isSecure?: boolean | undefined;
  /** Length of the settings that are there already: those of another firmware may be longer or shorter. */
  templateBytes?: number;
  folders?: readonly string[];
}

/** The first fitting firmware by the order of its descriptions, or undefined where none is installed. */
export async function findUefiFirmware({
  isSecure = false,
  templateBytes,
  folders = FOLDERS,
}: Wanted = {}): Promise<UefiFirmware | undefined> {
  const paths = new Map<string, string>();
  for (const folder of folders)
    for (const name of await namesIn(folder))
      if (name.endsWith('.json') && !paths.has(name)) paths.set(name, `${folder}/${name}`);
  for (const name of [...paths.keys()].sort()) {
    const text = (await readCapped(paths.get(name) ?? '', MAX_BYTES)).toString('utf8');
    const found = fitting(jsonOrNothing(text), isSecure);
    if (!found || !(await isThere(found.code)) || !(await isThere(found.template))) continue;
    if (templateBytes === undefined || (await fileBytes(found.template)) === templateBytes) return found;
  }
  return undefined;
}

/** @throws FIRMWARE_MISSING */
export async function requireUefiFirmware(wanted: Wanted = {}): Promise<UefiFirmware> {
  const found = await findUefiFirmware(wanted);
  if (found) return found;
  const how = wanted.isSecure ? 'UEFI with Secure Boot' : 'UEFI';
  const which = wanted.templateBytes === undefined ? '' : ' that its settings are for';
  throw new AppError('FIRMWARE_MISSING', `no firmware for machines that start by ${how}${which} is installed here`);
}

/** Makes the settings of a machine, as the first fitting firmware begins with them. @throws FIRMWARE_MISSING, DISK_FULL */
export async function makeUefiVariables(to: string, wanted: Pick<Wanted, 'isSecure'>): Promise<void> {
  const { template } = await requireUefiFirmware(wanted);
  await copyFileTo(template, to, MAX_UEFI_VARIABLES_BYTES);
}

/** What a description is of, where our machines can use it: plain flash, with a file for the settings beside the code. */
function fitting(described: unknown, isSecure: boolean): UefiFirmware | undefined {
  const { mapping } = fields(described);
  const { device, mode = 'split', executable, 'nvram-template': settings } = fields(mapping);
  const { filename: code, format } = fields(executable);
  const { filename: template, format: templateFormat } = fields(settings);
  const isPlain = device === 'flash' && mode === 'split' && format === 'raw' && templateFormat === 'raw';
  if (!isPlain || !isForUs(described, isSecure) || typeof code !== 'string' || typeof template !== 'string')
    return undefined;
  return { code, template };
}

function isForUs(described: unknown, isSecure: boolean): boolean {
  const { 'interface-types': kinds, targets, features } = fields(described);
  const isOurs = (target: unknown) => {
    const { architecture, machines } = fields(target);
    return architecture === 'x86_64' && list(machines).some((machine) => `${machine}`.startsWith('pc-q35-'));
  };
  const has = (feature: string) => list(features).includes(feature);
  const isFit = isSecure ? SECURE.every(has) : !UNFIT.some(has);
  return list(kinds).includes('uefi') && list(targets).some(isOurs) && isFit;
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

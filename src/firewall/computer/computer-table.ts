import { AppError } from '../../lib/errors.ts';
import { listed, loadRules } from '../nft.ts';
import { type ComputerList, computerDigest, computerRules, NO_COMPUTER_RULES } from './computer-rules.ts';

/** The computer’s own table in the kernel. */
export interface ComputerTable {
  bind: (list: ComputerList) => Promise<void>;
  isBound: (list: ComputerList) => Promise<boolean>;
  isAnyBound: () => Promise<boolean>;
  free: () => Promise<void>;
}

/** Puts a list in force for the computer’s own programs, and reads back that it is. @throws HOST_FILTER_FAILED; the one before holds */
async function bindComputer(list: ComputerList): Promise<void> {
  await coded(() => loadRules([], computerRules(list)));
  if (!(await isBound(list))) throw new AppError('HOST_FILTER_FAILED', 'the kernel has other rules than it was given');
}

/** Whether the kernel has just this list: somebody may have flushed all rules. @throws HOST_FILTER_FAILED */
function isBound(list: ComputerList): Promise<boolean> {
  return coded(() => hasList(list));
}

async function hasList(list: ComputerList): Promise<boolean> {
  const digest = computerDigest(list);
  if (!(await hasTable())) return false;
  const text = await listed([], ['table', 'inet', 'lazaret_computer'], true);
  const chains = text.split('\n\tchain ').map((part) => part.split('\n\t}')[0] ?? '');
  const isHooked = (hook: 'output' | 'input', target: string) =>
    chains.some(
      (chain) =>
        chain.startsWith(`${hook} {\n\t\ttype filter hook ${hook} priority`) &&
        chain.endsWith(`goto ${target}_${digest}`),
    );
  return isHooked('output', 'out') && isHooked('input', 'in');
}

/** Whether the computer’s own programs are bound by any list. @throws HOST_FILTER_FAILED */
function isAnyBound(): Promise<boolean> {
  return coded(hasTable);
}

async function hasTable(): Promise<boolean> {
  return /^table inet lazaret_computer$/m.test(await listed([], ['tables', 'inet']));
}

/** Takes the list away, or what a killed service left of one. @throws HOST_FILTER_FAILED */
async function freeComputer(): Promise<void> {
  await coded(() => loadRules([], NO_COMPUTER_RULES));
}

async function coded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    throw new AppError('HOST_FILTER_FAILED', cause.message, { cause });
  }
}

export const computerTable: ComputerTable = { bind: bindComputer, isBound, isAnyBound, free: freeComputer };

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

/** Whether the kernel is known to have just this list: somebody may have flushed all rules. */
async function isBound(list: ComputerList): Promise<boolean> {
  const digest = computerDigest(list);
  const text = await tableListing();
  const chains = text.split('\n\tchain ').map((part) => part.split('\n\t}')[0] ?? '');
  const isHooked = (hook: 'output' | 'input', target: string) =>
    chains.some(
      (chain) =>
        chain.startsWith(`${hook} {\n\t\ttype filter hook ${hook} priority`) &&
        chain.endsWith(`goto ${target}_${digest}`),
    );
  return isHooked('output', 'out') && isHooked('input', 'in');
}

/** Nothing where there is no such table. */
async function tableListing(): Promise<string> {
  try {
    return await listed([], ['table', 'inet', 'lazaret_computer'], true);
  } catch (error) {
    if (error instanceof AppError && error.code === 'FILTER_FAILED') return '';
    throw error;
  }
}

/** Whether the computer’s own programs are bound by any list. @throws HOST_FILTER_FAILED */
async function isAnyBound(): Promise<boolean> {
  const tables = await coded(() => listed([], ['tables', 'inet']));
  return /^table inet lazaret_computer$/m.test(tables);
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

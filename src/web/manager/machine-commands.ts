import type { MachineRow } from '../../api/manager/project.ts';
import type { Command } from './Part.tsx';

/** What can be done with a machine, under VMware ACE’s names where it had one. */
export function machineCommands(_machine: MachineRow, texts: { seeProblems: string }): Command[] {
  return [{ to: '/problems', text: texts.seeProblems }];
}

import type { MachineRow } from '../../api/manager/project.ts';
import type { Command } from './frame/Part.tsx';

/** What can be done with a machine, under VMware ACE’s names where it had one. */
export function machineCommands(
  { name, sound }: MachineRow,
  texts: {
    seeProblems: string;
    manageVersions: string;
    editQuarantine: string;
    editPolicy: string;
    editHardware: string;
    snapshots: string;
    exportMachine: string;
    mapOfAccess: string;
    run: string;
    makePackage: string;
    deploy: string;
  },
): Command[] {
  const at = `/machines/${name}`;
  return [
    ...(sound ? [{ to: `${at}/quarantine`, text: texts.editQuarantine }] : []),
    { to: `${at}/run`, text: texts.run },
    ...(sound?.type === 'version-based' ? [{ to: `${at}/versions`, text: texts.manageVersions }] : []),
    ...(sound ? [{ to: `${at}/access`, text: texts.mapOfAccess }] : []),
    { to: `${at}/policy`, text: texts.editPolicy },
    ...(sound ? [{ to: `${at}/hardware`, text: texts.editHardware }] : []),
    ...(sound ? [{ to: `${at}/snapshots`, text: texts.snapshots }] : []),
    ...(sound ? [{ to: `${at}/export`, text: texts.exportMachine }] : []),
    { to: '/packages/new', text: texts.makePackage },
    { to: '/deployments', text: texts.deploy },
    ...(sound ? [] : [{ to: '/problems', text: texts.seeProblems }]),
  ];
}

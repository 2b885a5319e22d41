import { catalogue } from '../../ui/texts/texts.ts';

/** Writing a machine for other programs. */
export const exporting = catalogue({
  en: {
    title: (vm: string) => `Export ${vm}`,
    what: 'Writes the machine as it is now, for other programs. Your copy and its snapshots stay as they are.',
    notGoes: {
      policies: 'Its policies and its quarantine: another program runs it without any.',
      devices: 'The devices that its users may connect: drives, ports, further network cards, sound.',
      dataDisk: 'Its data disk, which is its users’ own.',
      tpm: 'What is in its TPM. Where it gets a new one, what the old one opens needs its recovery key.',
    },
    notGoesTitle: 'What is not in it',
    format: 'Format',
    formats: { ova: 'OVA', qcow2: 'qcow2' },
    formatHelp: {
      ova: 'its system disk, memory, processors and firmware, in one file for VMware, VirtualBox and others',
      qcow2: 'its system disk alone, in one file for QEMU and libvirt',
    },
    noOva: 'An OVA cannot say that it starts its kernel without firmware: its disk alone can be exported.',
    folder: 'Folder that receives it',
    folderHelp: 'A whole path on the computer of the manager. The folder is there already.',
    wholeFolder: 'a whole path for the folder, which begins with /',
    file: 'Name of the file',
    plainFile: 'a name for the file without /',
    become: (path: string) => `It becomes ${path}.`,
    shutDownFirst: 'It is suspended, and what is in its memory is not on its disk: start it and shut it down first.',
    begin: 'Export',
    leavesNothing: 'Cancel leaves nothing of it.',
    exported: (vm: string, size: string) => `${vm} is exported, ${size}.`,
    place: 'the file',
  },
  de: {
    title: (vm) => `${vm} exportieren`,
    what: 'Schreibt die Maschine für andere Programme, wie sie jetzt ist. Ihre Kopie und ihre Snapshots bleiben, wie sie sind.',
    notGoes: {
      policies: 'Ihre Richtlinien und ihre Quarantäne: ein anderes Programm betreibt sie ohne.',
      devices: 'Die Geräte, die ihre Benutzer verbinden dürfen: Laufwerke, Anschlüsse, weitere Netzwerkkarten, Ton.',
      dataDisk: 'Ihre Datenplatte, die ihren Benutzern gehört.',
      tpm: 'Was in ihrem TPM ist. Bekommt sie ein neues, braucht, was das alte öffnet, seinen Wiederherstellungsschlüssel.',
    },
    notGoesTitle: 'Was nicht darin ist',
    format: 'Format',
    formats: { ova: 'OVA', qcow2: 'qcow2' },
    formatHelp: {
      ova: 'ihre Systemplatte, Speicher, Prozessoren und Firmware, in einer Datei für VMware, VirtualBox und andere',
      qcow2: 'ihre Systemplatte allein, in einer Datei für QEMU und libvirt',
    },
    noOva:
      'Eine OVA kann nicht sagen, dass sie ihren Kernel ohne Firmware startet: exportiert wird ihre Platte allein.',
    folder: 'Ordner, der sie aufnimmt',
    folderHelp: 'Ein ganzer Pfad auf dem Computer des Managers. Den Ordner gibt es schon.',
    wholeFolder: 'ein ganzer Pfad für den Ordner, der mit / beginnt',
    file: 'Name der Datei',
    plainFile: 'ein Name für die Datei ohne /',
    become: (path) => `Sie wird zu ${path}.`,
    shutDownFirst:
      'Sie ist angehalten, und was in ihrem Speicher ist, steht nicht auf ihrer Platte: erst starten und herunterfahren.',
    begin: 'Exportieren',
    leavesNothing: 'Abbrechen lässt nichts davon zurück.',
    exported: (vm, size) => `${vm} ist exportiert, ${size}.`,
    place: 'die Datei',
  },
});

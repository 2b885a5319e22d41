import { catalogue } from '../../ui/texts/texts.ts';

/** Making a project. */
export const newProject = catalogue({
  en: {
    title: 'Make a project',
    none: (folder: string) =>
      `There is no project in ${folder} yet. A project has machines, their policies, and the keys that sign both.`,
    name: 'Name',
    nameHelp: 'Users see it. It can be changed later, as both addresses can.',
    passphrase: 'Passphrase of its keys',
    again: 'The same once more',
    passphraseHelp:
      'At least 12 characters: some words will do. Deploys and packages ask for it, and it is kept nowhere.',
    differ: 'The two passphrases differ.',
    keys: (folder: string) =>
      `Keep a copy of ${folder}/keys, and the passphrase, in a safe place: nobody can make these keys again.`,
    make: 'Make the project',
    fromNothing: 'A new one',
    fromAce: 'One of VMware ACE',
    acePath: 'File of the project',
    acePathHelp: 'NAME.vmprj, on this computer. The old folder is read and stays as it is; close ACE Manager first.',
    look: 'See what becomes of it',
    weaker: 'Less restricted than it was',
    hasRead: 'I have read what is not carried over',
    aceMachine: (memory: string, cpus: number, quarantine: string, disk: string) =>
      `${memory} of memory, ${cpus === 1 ? '1 processor' : `${cpus} processors`}, quarantine ${quarantine}, disk ${disk}`,
    hostRules: 'Rules for users’ computers themselves',
  },
  de: {
    title: 'Ein Projekt anlegen',
    none: (folder) =>
      `In ${folder} gibt es noch kein Projekt. Ein Projekt hat Maschinen, ihre Richtlinien und die Schlüssel, die beides unterschreiben.`,
    name: 'Name',
    nameHelp: 'Benutzer sehen ihn. Er lässt sich später ändern, ebenso beide Adressen.',
    passphrase: 'Passphrase seiner Schlüssel',
    again: 'Dieselbe noch einmal',
    passphraseHelp:
      'Mindestens 12 Zeichen: einige Wörter genügen. Verteilen und Pakete fragen danach; sie wird nirgends aufbewahrt.',
    differ: 'Die beiden Passphrasen sind verschieden.',
    keys: (folder) =>
      `Bewahren Sie eine Kopie von ${folder}/keys und die Passphrase sicher auf: Niemand kann diese Schlüssel noch einmal machen.`,
    make: 'Projekt anlegen',
    fromNothing: 'Ein neues',
    fromAce: 'Eines von VMware ACE',
    acePath: 'Datei des Projekts',
    acePathHelp:
      'NAME.vmprj, auf diesem Computer. Der alte Ordner wird gelesen und bleibt, wie er ist; schließen Sie vorher den ACE Manager.',
    look: 'Ansehen, was daraus wird',
    weaker: 'Weniger eingeschränkt als vorher',
    hasRead: 'Ich habe gelesen, was nicht übernommen wird',
    aceMachine: (memory, cpus, quarantine, disk) =>
      `${memory} Speicher, ${cpus === 1 ? '1 Prozessor' : `${cpus} Prozessoren`}, Quarantäne ${quarantine}, Platte ${disk}`,
    hostRules: 'Regeln für die Computer der Benutzer selbst',
  },
});

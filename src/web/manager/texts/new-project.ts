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
  },
});

import { catalogue } from '../../ui/texts/texts.ts';

/** The history of deploys. */
export const deployments = catalogue({
  en: {
    history: 'History',
    number: (serial: number) => `Number ${serial}`,
    from: 'What changed from',
    to: 'to',
    project: 'the project as it stands',
    same: 'They say the same.',
    yaml: 'As YAML',
    before: 'Before',
    after: 'After',
    absent: 'no such machine',
    back: (serial: number) => `Go back to number ${serial}`,
    backTitle: (serial: number) => `Back to number ${serial}`,
    backHelp:
      'The policies of that deploy are written into the project again, as a change of now. Computers follow once you deploy, under a new number.',
    backSame: 'The project says already what that deploy said.',
    undone: 'What was changed since is taken back:',
    goBack: 'Write them into the project',
    cancel: 'Cancel',
    done: (serial: number) => `The project says again what number ${serial} said. Deploy, so that computers follow.`,
  },
  de: {
    history: 'Verlauf',
    number: (serial) => `Nummer ${serial}`,
    from: 'Was sich geändert hat von',
    to: 'bis',
    project: 'das Projekt, wie es ist',
    same: 'Sie sagen dasselbe.',
    yaml: 'Als YAML',
    before: 'Vorher',
    after: 'Nachher',
    absent: 'keine solche Maschine',
    back: (serial) => `Zurück zu Nummer ${serial}`,
    backTitle: (serial) => `Zurück zu Nummer ${serial}`,
    backHelp:
      'Die Richtlinien dieser Verteilung werden wieder ins Projekt geschrieben, als Änderung von jetzt. Computer folgen, sobald Sie verteilen, unter einer neuen Nummer.',
    backSame: 'Das Projekt sagt schon, was diese Verteilung gesagt hat.',
    undone: 'Was seitdem geändert wurde, wird zurückgenommen:',
    goBack: 'Ins Projekt schreiben',
    cancel: 'Abbrechen',
    done: (serial) => `Das Projekt sagt wieder, was Nummer ${serial} gesagt hat. Verteilen Sie, damit Computer folgen.`,
  },
});

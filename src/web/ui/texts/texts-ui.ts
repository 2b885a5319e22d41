import { catalogue } from './texts.ts';

/** What pages share. */
export const ui = catalogue({
  en: {
    copy: 'Copy',
    copied: 'Copied',
    close: 'Close',
    missing: (fields: string) => `Still missing: ${fields}`,
    nothingChanged: 'Nothing is changed.',
    slow: 'This takes long: the disk may be slow, or busy. It is still being waited for.',
    stopWaiting: 'Stop waiting',
    stopped: 'It is not being waited for any more; nothing was changed.',
    again: 'Try again',
    slowSave:
      'Saving takes long: the disk may be slow, or busy. It is still being waited for. What you save is saved as a whole, or not at all.',
    broken: {
      title: 'This page cannot be shown.',
      help: 'Load it again. If it stays so, tell whoever looks after Lazaret what stands here:',
      reload: 'Load again',
    },
  },
  de: {
    copy: 'Kopieren',
    copied: 'Kopiert',
    close: 'Schließen',
    missing: (fields) => `Es fehlt noch: ${fields}`,
    nothingChanged: 'Geändert ist nichts.',
    slow: 'Das dauert lange: vielleicht ist die Platte langsam oder beschäftigt. Es wird noch gewartet.',
    stopWaiting: 'Nicht mehr warten',
    stopped: 'Es wird nicht mehr gewartet; geändert wurde nichts.',
    again: 'Noch einmal versuchen',
    slowSave:
      'Das Speichern dauert lange: vielleicht ist die Platte langsam oder beschäftigt. Es wird noch gewartet. Was Sie speichern, wird ganz gespeichert oder gar nicht.',
    broken: {
      title: 'Diese Seite kann nicht gezeigt werden.',
      help: 'Laden Sie sie neu. Wenn es so bleibt, sagen Sie dem, der sich um Lazaret kümmert, was hier steht:',
      reload: 'Neu laden',
    },
  },
});

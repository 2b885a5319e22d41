import { catalogue } from './texts.ts';

/** What is done with the screen of a machine, in both pages. */
export const screenTexts = catalogue({
  en: {
    keys: 'Send Ctrl-Alt-Del',
    sendText: 'Send text',
    sendTextHelp: 'It is typed into the machine as by a US keyboard.',
    sendTextSecret: 'Whoever sees the screen may see it. It is not kept.',
    noKey: (characters: string) => `A US keyboard has no key for ${characters}`,
    send: 'Send',
    fits: {
      scale: 'Fit the screen to the window',
      own: 'The screen in its own size',
      follow: 'The guest follows the window',
    },
    cancel: 'Cancel',
    close: 'Close',
  },
  de: {
    keys: 'Strg-Alt-Entf senden',
    sendText: 'Text senden',
    sendTextHelp: 'Er wird in der Maschine getippt wie auf einer US-Tastatur.',
    sendTextSecret: 'Wer den Bildschirm sieht, sieht ihn vielleicht. Er wird nicht aufgehoben.',
    noKey: (characters) => `Eine US-Tastatur hat keine Taste für ${characters}`,
    send: 'Senden',
    fits: {
      scale: 'Bildschirm an das Fenster anpassen',
      own: 'Bildschirm in eigener Größe',
      follow: 'Der Gast folgt dem Fenster',
    },
    cancel: 'Abbrechen',
    close: 'Schließen',
  },
});

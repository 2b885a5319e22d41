import { catalogue } from './texts.ts';

/** What pages share. */
export const ui = catalogue({
  en: {
    copy: 'Copy',
    copied: 'Copied',
    broken: {
      title: 'This page cannot be shown.',
      help: 'Load it again. If it stays so, tell whoever looks after Lazaret what stands here:',
      reload: 'Load again',
    },
  },
  de: {
    copy: 'Kopieren',
    copied: 'Kopiert',
    broken: {
      title: 'Diese Seite kann nicht gezeigt werden.',
      help: 'Laden Sie sie neu. Wenn es so bleibt, sagen Sie dem, der sich um Lazaret kümmert, was hier steht:',
      reload: 'Neu laden',
    },
  },
});

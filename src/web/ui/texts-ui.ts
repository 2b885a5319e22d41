import { catalogue } from './texts.ts';

/** What pages share. */
export const ui = catalogue({
  en: { copy: 'Copy', copied: 'Copied' },
  de: { copy: 'Kopieren', copied: 'Kopiert' },
});

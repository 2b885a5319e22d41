import { useLanguage } from '../../ui/texts/texts.ts';
import { de } from './texts.de.ts';
import { en, type PlayerTexts } from './texts.en.ts';

export function useTexts(): PlayerTexts {
  return useLanguage() === 'de' ? de : en;
}

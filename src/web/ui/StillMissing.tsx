import { Text } from '@mantine/core';
import { useCatalogue, useLanguage } from './texts/texts.ts';
import { ui } from './texts/texts-ui.ts';

/** What is said beside a button that cannot be pressed yet: the fields that it waits for, by their labels. Nothing, once none is. */
export function StillMissing({ fields, id }: { fields: readonly string[]; id: string }) {
  const texts = useCatalogue(ui);
  const list = new Intl.ListFormat(useLanguage(), { type: 'unit', style: 'long' });
  return (
    <Text id={id} size="sm" role="status">
      {fields.length > 0 && texts.missing(list.format(fields))}
    </Text>
  );
}

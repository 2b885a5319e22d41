import { Textarea, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';

interface Typed {
  label: string;
  description?: string;
  present: string;
  isLong?: boolean;
  onText: (text: string) => void;
}

/** A text that is taken when its field is left. */
export function TypedText({ present, isLong = false, onText, ...field }: Typed) {
  const [typed, setTyped] = useState(present);
  useEffect(() => setTyped(present), [present]);
  const take = () => typed.trim() !== present && onText(typed.trim());
  if (isLong)
    return (
      <Textarea {...field} value={typed} autosize onChange={({ target }) => setTyped(target.value)} onBlur={take} />
    );
  return <TextInput {...field} value={typed} onChange={({ target }) => setTyped(target.value)} onBlur={take} />;
}

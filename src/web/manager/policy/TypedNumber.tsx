import { NumberInput } from '@mantine/core';
import { useEffect, useState } from 'react';

interface Typed {
  label: string;
  max: number;
  present: number | undefined;
  /** Nothing where the field was emptied. */
  onNumber: (number: number | undefined) => void;
}

/** A number from 1 that is taken when its field is left: the 1 of 12 would be a wrong policy. */
export function TypedNumber({ label, max, present, onNumber }: Typed) {
  const shown = present ?? '';
  const [typed, setTyped] = useState<number | string>(shown);
  useEffect(() => setTyped(shown), [shown]);
  const take = () => {
    const number = typeof typed === 'number' && typed >= 1 && typed <= max ? typed : undefined;
    // Who does not take nothing leaves what there was.
    if (number === undefined) setTyped(shown);
    if (number !== present) onNumber(number);
  };
  return (
    <NumberInput
      {...{ label, max, min: 1, allowDecimal: false, clampBehavior: 'strict' }}
      value={typed}
      onChange={setTyped}
      onBlur={take}
      onKeyDown={({ key }) => key === 'Enter' && take()}
    />
  );
}

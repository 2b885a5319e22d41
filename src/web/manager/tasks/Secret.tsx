import { PasswordInput } from '@mantine/core';

/** A passphrase or a password: it is not shown, and the browser is not asked to keep it. */
export function Secret({
  label,
  description,
  value,
  onChange,
}: {
  label: string;
  description?: string;
  value: string;
  onChange: (text: string) => void;
}) {
  return (
    <PasswordInput
      label={label}
      description={description}
      value={value}
      autoComplete="off"
      visibilityToggleButtonProps={{ style: { display: 'none' } }}
      onChange={({ target }) => onChange(target.value)}
    />
  );
}

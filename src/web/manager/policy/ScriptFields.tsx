import { Checkbox } from '@mantine/core';
import { Authentication } from '../../../policy/authentication.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { policy as catalogue } from '../texts/policy.ts';
import { TypedText } from './TypedText.tsx';

type Script = Partial<Extract<Authentication, { type: 'script' }>>;

interface ScriptFieldsProps {
  /** Empty until its file is named. */
  script: Script;
  onScript: (script: Authentication) => void;
}

/** The script that opens a machine. What is typed is taken when it makes a policy. */
export function ScriptFields({ script, onScript }: ScriptFieldsProps) {
  const texts = useCatalogue(catalogue).script;
  const take = (change: Record<string, unknown>) => {
    const wanted = Object.entries({ ...script, ...change, type: 'script' }).filter(([, value]) => value !== undefined);
    const read = Authentication.safeParse(Object.fromEntries(wanted));
    if (read.success) onScript(read.data);
  };
  return (
    <>
      <TypedText
        label={texts.file}
        description={texts.fileHelp}
        present={script.file ?? ''}
        onText={(file) => take({ file })}
      />
      {script.file !== undefined && (
        <>
          <TypedText
            label={texts.arguments}
            description={texts.argumentsHelp}
            present={script.arguments?.join('\n') ?? ''}
            isLong
            onText={(text) => take({ arguments: text === '' ? [] : text.split('\n') })}
          />
          <TypedText
            label={texts.timeout}
            description={texts.timeoutHelp}
            present={script.timeout ?? ''}
            onText={(timeout) => take({ timeout })}
          />
          <TypedText
            label={texts.message}
            present={script.message ?? ''}
            isLong
            onText={(text) => take({ message: text === '' ? undefined : text })}
          />
          <Checkbox
            label={texts.network}
            checked={script.network ?? false}
            onChange={({ target }) => take({ network: target.checked })}
          />
        </>
      )}
    </>
  );
}

import { Autocomplete, Kbd, Modal, Table } from '@mantine/core';
import { useWindowEvent } from '@mantine/hooks';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { ProjectAnswer } from '../../../api/manager/project.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { frame } from '../texts/frame.ts';

/** The keys that work everywhere: `/` goes to a machine or a part by its name, `?` shows the keys. */
export function Shortcuts({ project }: { project: ProjectAnswer | undefined }) {
  const texts = useCatalogue(frame);
  const [shown, setShown] = useState<'go-to' | 'keys'>();
  useWindowEvent('keydown', (event) => {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== '/' && event.key !== '?') return;
    event.preventDefault();
    setShown(event.key === '/' ? 'go-to' : 'keys');
  });
  const close = () => setShown(undefined);
  const button = { 'aria-label': texts.close };
  const keys: [string, string][] = [
    ['/', texts.keyGoTo],
    ['?', texts.keyKeys],
    ['Esc', texts.keyEscape],
    ['↑ ↓', texts.keyArrows],
  ];
  return (
    <>
      <Modal opened={shown === 'go-to'} onClose={close} title={texts.goTo} closeButtonProps={button}>
        <GoTo project={project} onGone={close} />
      </Modal>
      <Modal opened={shown === 'keys'} onClose={close} title={texts.keys} closeButtonProps={button}>
        <Table>
          <Table.Tbody>
            {keys.map(([key, text]) => (
              <Table.Tr key={key}>
                <Table.Td w={80}>
                  <Kbd>{key}</Kbd>
                </Table.Td>
                <Table.Td>{text}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Modal>
    </>
  );
}

function GoTo({ project, onGone }: { project: ProjectAnswer | undefined; onGone: () => void }) {
  const texts = useCatalogue(frame);
  const navigate = useNavigate();
  const parts: [string, string][] = [
    [texts.project, '/'],
    [texts.machines, '/machines'],
    [texts.packages, '/packages'],
    [texts.deployments, '/deployments'],
    [texts.hotFixes, '/hot-fixes'],
    [texts.problems, '/problems'],
  ];
  const machines = project?.machines.map(({ name }): [string, string] => [name, `/machines/${name}`]) ?? [];
  // A machine may be called like a part; the machine is meant then, since the parts are always in sight.
  const places = new Map([...parts, ...machines]);
  return (
    <Autocomplete
      data-autofocus
      label={texts.goToHelp}
      data={[...places.keys()]}
      selectFirstOptionOnChange
      comboboxProps={{ withinPortal: false }}
      onOptionSubmit={(name) => {
        void navigate(places.get(name) ?? '/');
        onGone();
      }}
    />
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

import { Box, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useCallback, useMemo, useState } from 'react';
import type { ReportedGroup } from '../../../api/manager/quarantine.ts';
import type { Version, VersionQuarantine } from '../../../policy/quarantine.ts';
import { nextVersionName } from '../../../quarantine/edit/next-version-name.ts';
import { lineOf, thresholdAt } from '../../../quarantine/edit/threshold-line.ts';
import { adding, changing, removing, type VersionDraft, withDraft } from '../../../quarantine/edit/version-draft.ts';
import { newDescriptor } from '../../../quarantine/versions/descriptor.ts';
import { liveVersions } from '../../../quarantine/versions/versions.ts';
import { useCatalogue, useLanguage } from '../../ui/texts/texts.ts';
import { frame } from '../texts/frame.ts';
import { versions as catalogue } from '../texts/versions.ts';
import { lineText } from './line-text.ts';
import { EDGE_PX, RedLine, ROW_PX } from './RedLine.tsx';
import { VersionDialog } from './VersionDialog.tsx';
import { VersionRow } from './VersionRow.tsx';

/** So many are in sight at once; more are scrolled to. */
const SHOWN_ROWS = 10;
/** Of hundreds of versions those in sight are drawn, and at least as many above and below; all is drawn anew so many rows on. */
const BESIDE_ROWS = 5;
const LIST = { listStyle: 'none', boxSizing: 'border-box' } as const;

/** The versions, newest on top, and the red line between those that have normal access and those that have not. */
export function ManageVersions({
  before,
  draft,
  reported,
  onDraft,
}: {
  before: VersionQuarantine;
  draft: VersionDraft;
  reported: readonly ReportedGroup[] | undefined;
  onDraft: (draft: VersionDraft) => void;
}) {
  const texts = useCatalogue(catalogue);
  const frameTexts = useCatalogue(frame);
  const language = useLanguage();
  const [now] = useState(() => Date.now());
  // It stays what it is while it closes.
  const [dialog, setDialog] = useState<{ version: Version; isNew: boolean }>();
  const [isOpen, { open, close }] = useDisclosure(false);
  const quarantine = useMemo(() => withDraft(before, draft, now), [before, draft, now]);
  const versions = useMemo(() => liveVersions(quarantine), [quarantine]);
  const line = lineOf(quarantine);
  const [first, setFirst] = useState(0);
  const shown = versions.toReversed().slice(first, first + SHOWN_ROWS + 3 * BESIDE_ROWS);
  const text = lineText(quarantine, reported, { texts, language, now });
  const show = useCallback(
    (shown: { version: Version; isNew: boolean }) => {
      setDialog(shown);
      open();
    },
    [open],
  );
  const onProperties = useCallback((version: Version) => show({ version, isNew: false }), [show]);
  const add = () => {
    const name = nextVersionName(
      versions.map((version) => version.name),
      Date.now(),
    );
    show({ version: { name, descriptor: newDescriptor(quarantine.versions, randomBits) }, isNew: true });
  };
  const moveLine = (to: number) => {
    const { threshold: _moved, ...rest } = draft;
    const isBack = lineOf(withDraft(before, rest, now)) === to;
    onDraft(isBack ? rest : { ...draft, threshold: thresholdAt(versions, to) });
  };
  return (
    <Stack gap="sm">
      <Group>
        <Button variant="default" onClick={add}>
          {`${texts.add} …`}
        </Button>
      </Group>
      {versions.length === 0 ? (
        <Box>
          <Text fw={600}>{texts.empty}</Text>
          <Text size="sm">{texts.emptyHelp}</Text>
        </Box>
      ) : (
        <>
          <Box
            style={{ overflowY: 'auto' }}
            mah={2 * EDGE_PX + SHOWN_ROWS * ROW_PX}
            onScroll={({ currentTarget }) => setFirst(firstDrawn(currentTarget.scrollTop))}
          >
            <Box pos="relative" py={EDGE_PX}>
              <Box
                component="ul"
                aria-label={texts.list}
                m={0}
                p={0}
                style={{ ...LIST, height: versions.length * ROW_PX, paddingTop: first * ROW_PX }}
              >
                {shown.map((version, index) => (
                  <VersionRow
                    key={version.descriptor}
                    version={version}
                    place={first + index + 1}
                    count={versions.length}
                    isNormal={first + index < line}
                    isNew={draft.added.some(({ descriptor }) => descriptor === version.descriptor)}
                    onProperties={onProperties}
                  />
                ))}
              </Box>
              <RedLine count={versions.length} line={line} label={texts.line} text={text} onLine={moveLine} />
            </Box>
          </Box>
          <Text>{text}</Text>
        </>
      )}
      <Modal
        opened={isOpen}
        onClose={close}
        size="lg"
        title={dialog?.isNew ? texts.addTitle : texts.propertiesOf(dialog?.version.name ?? '')}
        closeButtonProps={{ 'aria-label': frameTexts.close }}
      >
        {dialog && (
          <VersionDialog
            key={dialog.version.descriptor}
            {...dialog}
            taken={versions
              .filter(({ descriptor }) => descriptor !== dialog.version.descriptor)
              .map(({ name }) => name)}
            whyKept={whyKept(quarantine, dialog.version, texts)}
            onCancel={close}
            onRemove={() => {
              onDraft(removing(draft, dialog.version.descriptor));
              close();
            }}
            onDone={(version) => {
              onDraft(dialog.isNew ? adding(draft, version) : changed(draft, version));
              close();
            }}
          />
        )}
      </Modal>
    </Stack>
  );
}

/** The first row that is drawn, from the top: the same one for a few rows of scrolling. */
function firstDrawn(scrollTop: number): number {
  return Math.max(0, Math.floor(scrollTop / ROW_PX / BESIDE_ROWS) - 1) * BESIDE_ROWS;
}

function changed(draft: VersionDraft, { descriptor, name, description = '' }: Version): VersionDraft {
  return changing(draft, descriptor, { name, description });
}

/** Why a version cannot be removed: something else of the policy names it. */
function whyKept(
  { threshold, initial }: VersionQuarantine,
  { name }: Version,
  texts: { removeLine: string; removeInitial: string },
): string | undefined {
  if (threshold === name) return texts.removeLine;
  return initial === name ? texts.removeInitial : undefined;
}

function randomBits(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

import {
  Anchor,
  Box,
  Button,
  Group,
  List,
  NativeSelect,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useRef, useState } from 'react';
import { Link } from 'react-router';
import type { SimulateAnswer } from '../../../api/manager/simulate.ts';
import type { Quarantine } from '../../../policy/quarantine.ts';
import { accessLists } from '../../../quarantine/lists/access-list.ts';
import { accessMap } from '../../../quarantine/lists/access-map.ts';
import { inZone, zonesOf } from '../../../quarantine/zones.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { access } from '../texts/access.ts';
import type { View } from './AccessPage.tsx';
import { MapPicture } from './MapPicture.tsx';
import { type MapLine, mapLines } from './map-lines.ts';
import { savePicture } from './save-picture.ts';

const FEW = 8;

/** The map of one list, the switches that choose it, and the list that says the same in words. */
export function AccessMapView({
  vm,
  quarantine,
  view,
  decided,
  onView,
}: {
  vm: string;
  quarantine: Quarantine;
  view: View;
  decided: SimulateAnswer | undefined;
  onView: (view: View) => void;
}) {
  const texts = useCatalogue(access);
  const { ref, width } = useElementSize();
  const picture = useRef<SVGSVGElement>(null);
  const [pointed, setPointed] = useState<string>();
  const [filter, setFilter] = useState('');
  const zones = zonesOf(quarantine);
  const zone = zones.find(({ name }) => name === view.zone);
  const map = accessMap(accessLists(inZone(quarantine, zone))[view.state]);
  const { lines, rest, left } = mapLines(map, filter, texts);
  const shown = pointed ?? (decided && ruleShown(decided, lines, rest));
  const to = `/machines/${vm}/${zone ? 'policy' : `quarantine/${view.state}`}`;
  return (
    <Stack gap="sm">
      <Group align="flex-end">
        <SegmentedControl
          transitionDuration={0}
          aria-label={texts.state}
          value={view.state}
          data={[
            { value: 'normal', label: `✓ ${texts.states.normal}` },
            { value: 'restricted', label: `◐ ${texts.states.restricted}` },
          ]}
          onChange={(state) => onView({ ...view, state })}
        />
        {zones.length > 0 && (
          <NativeSelect
            label={texts.zone}
            value={view.zone}
            data={[{ value: '', label: texts.noZone }, ...zones.map(({ name }) => name)]}
            onChange={({ target }) => onView({ ...view, zone: target.value })}
          />
        )}
      </Group>
      {map.leads.length > FEW && (
        <TextInput label={texts.filter} value={filter} onChange={({ target }) => setFilter(target.value)} />
      )}
      {left > 0 && <Text size="sm">{texts.more(left)}</Text>}
      {filter !== '' && lines.every(({ isException }) => isException) && <Text size="sm">{texts.nothingLike}</Text>}
      <Box ref={ref}>
        {width > 0 && (
          <MapPicture
            ref={picture}
            {...{ width, vm, lines, rest, shown }}
            state={texts.states[view.state]}
            label={texts.picture(vm, texts.states[view.state])}
            onShow={setPointed}
          />
        )}
      </Box>
      <Text fw={600} size="sm">
        {texts.inWords}
      </Text>
      <List size="sm" aria-label={texts.inWords}>
        {lines.map((line) => (
          <List.Item key={line.rule} style={{ overflowWrap: 'anywhere' }}>
            <Anchor
              component={Link}
              to={to}
              size="sm"
              underline="always"
              onFocus={() => setPointed(line.rule)}
              onBlur={() => setPointed(undefined)}
              onMouseEnter={() => setPointed(line.rule)}
              onMouseLeave={() => setPointed(undefined)}
            >
              {line.where}
            </Anchor>
            {`, ${line.traffic}: ${line.isOpen ? texts.open : texts.closed}`}
          </List.Item>
        ))}
        <List.Item>{`${rest.where}: ${rest.traffic}`}</List.Item>
      </List>
      <Group>
        <Button
          variant="default"
          onClick={() => picture.current && savePicture(picture.current, `${vm}-${view.state}.svg`)}
        >
          {texts.save}
        </Button>
      </Group>
    </Stack>
  );
}

/** What no line is for, such as an address that is always closed, ends at the wall. */
function ruleShown({ allowed, rule }: SimulateAnswer, lines: readonly MapLine[], rest: MapLine): string | undefined {
  if (lines.some((line) => line.rule === rule)) return rule;
  return rest.rule === rule || !(allowed || rest.isOpen) ? rest.rule : undefined;
}

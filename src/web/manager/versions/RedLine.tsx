import { Box } from '@mantine/core';
import { type KeyboardEvent, type PointerEvent, useEffect, useRef } from 'react';

/** How high a version is in the list; and the room above the first and below the last, for half of the handle. */
export const ROW_PX = 56;
export const EDGE_PX = 22;
/** Room at the left of the list, for the handle: 44 px, as a finger needs. */
export const GUTTER_PX = 56;
const HANDLE_PX = 44;
const PAGE_ROWS = 10;

/**
 * The red line over a list of `count` rows: `line` of them are above it. It is moved with its handle by mouse and touch, and by
 * keys; whoever hears it gets `text`.
 */
export function RedLine({
  count,
  line,
  label,
  text,
  onLine,
}: {
  count: number;
  line: number;
  label: string;
  text: string;
  onLine: (line: number) => void;
}) {
  const area = useRef<HTMLDivElement>(null);
  const handle = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (document.activeElement === handle.current && line >= 0) handle.current?.scrollIntoView({ block: 'nearest' });
  }, [line]);
  const move = (to: number) => {
    const kept = Math.max(0, Math.min(count, to));
    if (kept !== line) onLine(kept);
  };
  const moveTo = ({ clientY }: PointerEvent) => {
    const top = area.current?.getBoundingClientRect().top ?? 0;
    move(Math.round((clientY - top - EDGE_PX) / ROW_PX));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const to = targetOf(event.key, line, count);
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  };
  const top = EDGE_PX + line * ROW_PX;
  return (
    <Box ref={area} pos="absolute" inset={0} style={{ pointerEvents: 'none' }}>
      {/* What a click beside the handle means; whoever uses keys has the handle. */}
      <Box
        pos="absolute"
        left={0}
        top={0}
        bottom={0}
        w={GUTTER_PX}
        style={{ pointerEvents: 'auto' }}
        onPointerDown={moveTo}
      />
      <Box
        pos="absolute"
        left={HANDLE_PX / 2}
        right={0}
        top={0}
        h={3}
        bg="red.8"
        style={{ transform: `translateY(${top - 1.5}px)` }}
      />
      <Box
        ref={handle}
        className="mantine-focus-auto"
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-orientation="vertical"
        aria-valuemin={0}
        aria-valuemax={count}
        aria-valuenow={count - line}
        aria-valuetext={text}
        pos="absolute"
        left={0}
        top={0}
        w={HANDLE_PX}
        h={HANDLE_PX}
        bg="red.8"
        c="white"
        style={{
          pointerEvents: 'auto',
          transform: `translateY(${top - HANDLE_PX / 2}px)`,
          touchAction: 'none',
          cursor: 'ns-resize',
          borderRadius: HANDLE_PX / 2,
          display: 'grid',
          placeItems: 'center',
          userSelect: 'none',
        }}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && moveTo(event)}
        onKeyDown={onKeyDown}
      >
        <span aria-hidden>↕</span>
      </Box>
    </Box>
  );
}

/** Keys move the line as it is seen: up is up, Home is above all rows. */
function targetOf(key: string, line: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowUp':
    case 'ArrowRight':
      return line - 1;
    case 'ArrowDown':
    case 'ArrowLeft':
      return line + 1;
    case 'PageUp':
      return line - PAGE_ROWS;
    case 'PageDown':
      return line + PAGE_ROWS;
    case 'Home':
      return 0;
    case 'End':
      return count;
    default:
      return undefined;
  }
}

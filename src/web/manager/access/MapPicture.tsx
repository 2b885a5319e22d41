import { useComputedColorScheme } from '@mantine/core';
import type { Ref } from 'react';
import type { MapLine } from './map-lines.ts';

/** Colours of their own: the picture is saved as it is seen. */
const INKS = {
  light: { paper: '#ffffff', ink: '#000000', faint: '#495057', open: '#1d6b2e', closed: '#a31515', shown: '#e7f1fb' },
  dark: { paper: '#242424', ink: '#e9e9e9', faint: '#b8b8b8', open: '#6fce86', closed: '#ff9b9b', shown: '#1f3448' },
} as const;
type Inks = (typeof INKS)[keyof typeof INKS];

const ROW = 44;
const GAP = 8;
/** A letter of these sizes is about so wide. */
const LETTER = { where: 7.6, traffic: 6.3 };

/** The machine at the left, a line to each place that its list names, and the wall for all else. */
export function MapPicture({
  ref,
  width,
  vm,
  state,
  label,
  lines,
  rest,
  shown,
  onShow,
}: {
  ref: Ref<SVGSVGElement>;
  width: number;
  vm: string;
  state: string;
  label: string;
  lines: readonly MapLine[];
  rest: MapLine;
  /** The rule whose line stands out. */
  shown: string | undefined;
  onShow: (rule: string | undefined) => void;
}) {
  const inks = INKS[useComputedColorScheme('light')];
  const all = [...lines, rest];
  const height = all.length * (ROW + GAP) + GAP;
  const machine = { width: Math.min(140, width * 0.27), height: 56, y: height / 2 - 28 };
  const left = machine.width + Math.min(110, width * 0.16);
  return (
    <svg
      ref={ref}
      xmlns="http://www.w3.org/2000/svg"
      role="img"
      aria-label={label}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      fontFamily="-apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif"
    >
      <rect width={width} height={height} fill={inks.paper} />
      {all.map((line, at) => (
        <Line
          key={line.rule}
          line={line}
          inks={inks}
          isWall={at === lines.length}
          isShown={line.rule === shown}
          y={GAP + at * (ROW + GAP)}
          from={{ x: machine.width, y: machine.y + machine.height / 2 }}
          left={left}
          width={width}
          onShow={onShow}
        />
      ))}
      <rect
        x={1}
        y={machine.y}
        width={machine.width - 1}
        height={machine.height}
        rx={6}
        fill={inks.paper}
        stroke={inks.ink}
        strokeWidth={2}
      />
      <Words x={machine.width / 2} y={machine.y + 24} size={13} weight={600} anchor="middle" fill={inks.ink}>
        {fitting(vm, (machine.width - 12) / LETTER.where)}
      </Words>
      <Words x={machine.width / 2} y={machine.y + 42} size={11} anchor="middle" fill={inks.faint}>
        {fitting(state, (machine.width - 12) / LETTER.traffic)}
      </Words>
    </svg>
  );
}

function Line({
  line,
  inks,
  isWall,
  isShown,
  y,
  from,
  left,
  width,
  onShow,
}: {
  line: MapLine;
  inks: Inks;
  isWall: boolean;
  isShown: boolean;
  y: number;
  from: { x: number; y: number };
  left: number;
  width: number;
  onShow: (rule: string | undefined) => void;
}) {
  const { rule, where, traffic, isOpen, isException } = line;
  const middle = y + ROW / 2;
  const colour = isOpen ? inks.open : inks.closed;
  const bend = (from.x + left) / 2;
  const room = width - left - 46;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the list below the picture does the same for the keyboard
    <g data-rule={rule} data-shown={isShown} onMouseEnter={() => onShow(rule)} onMouseLeave={() => onShow(undefined)}>
      <title>{rule}</title>
      <path
        d={`M${from.x},${from.y} C${bend},${from.y} ${bend},${middle} ${left},${middle}`}
        fill="none"
        stroke={colour}
        strokeWidth={isShown ? 4 : 1.5}
        {...(isOpen ? {} : { strokeDasharray: '5 5' })}
      />
      <rect
        x={left}
        y={y}
        width={width - left - 1}
        height={ROW}
        rx={isWall ? 0 : 6}
        fill={isShown ? inks.shown : inks.paper}
        stroke={colour}
        strokeWidth={isWall ? 3 : isShown ? 2.5 : 1}
        {...(isException ? { strokeDasharray: '2 3' } : {})}
      />
      <Words x={left + 20} y={middle + 5} size={15} weight={700} anchor="middle" fill={colour}>
        {isOpen ? '✓' : '▬'}
      </Words>
      <Words x={left + 38} y={middle - 3} size={13} weight={600} fill={inks.ink}>
        {fitting(where, room / LETTER.where)}
      </Words>
      <Words x={left + 38} y={middle + 13} size={11} fill={inks.faint}>
        {fitting(traffic, room / LETTER.traffic)}
      </Words>
    </g>
  );
}

function Words({
  x,
  y,
  size,
  weight = 400,
  anchor = 'start',
  fill,
  children,
}: {
  x: number;
  y: number;
  size: number;
  weight?: number;
  anchor?: 'start' | 'middle';
  fill: string;
  children: string;
}) {
  return (
    <text x={x} y={y} fontSize={size} fontWeight={weight} textAnchor={anchor} fill={fill}>
      {children}
    </text>
  );
}

function fitting(text: string, letters: number): string {
  const most = Math.max(3, Math.floor(letters));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

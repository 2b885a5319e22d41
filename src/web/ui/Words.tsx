import { Code } from '@mantine/core';
import { Fragment } from 'react';

/** A text of a process or of a catalogue, in which what stands between backquotes is to be typed: shown as such, without them. */
export function Words({ text }: { text: string }) {
  // Every second part stood between two backquotes.
  const parts = text.split(/`([^`]*)`/);
  return parts.map((part, at) => {
    const key = `${at} ${part}`;
    return at % 2 === 1 ? <Code key={key}>{part}</Code> : <Fragment key={key}>{part}</Fragment>;
  });
}

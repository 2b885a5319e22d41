import { Group } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type ReactNode, useEffect } from 'react';

/** The buttons of a long form, at the foot of the window wherever one is in it; what has the focus is never behind them. */
export function ActionBar({ children }: { children: ReactNode }) {
  const { ref, height } = useElementSize();
  useEffect(() => {
    const { style } = document.documentElement;
    style.scrollPaddingBottom = `calc(${height}px + var(--mantine-spacing-xl))`;
    return () => {
      style.scrollPaddingBottom = '';
    };
  }, [height]);
  return (
    <Group
      ref={ref}
      pos="sticky"
      bottom={0}
      py="sm"
      bg="var(--mantine-color-body)"
      style={{ zIndex: 10, borderTop: '1px solid var(--mantine-color-default-border)' }}
    >
      {children}
    </Group>
  );
}

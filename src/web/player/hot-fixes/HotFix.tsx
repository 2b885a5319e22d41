import { lazy, Suspense } from 'react';
import type { HotFixDialogProps } from './HotFixDialog.tsx';

/** Fetched when somebody needs the way back into a machine: the first view is to be there at once. */
const HotFixDialog = lazy(() => import('./HotFixDialog.tsx').then((module) => ({ default: module.HotFixDialog })));

/** The dialog of a hot fix. */
export function HotFix(props: HotFixDialogProps) {
  return (
    <Suspense fallback={null}>
      <HotFixDialog {...props} />
    </Suspense>
  );
}

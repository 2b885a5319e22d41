import { lazy, Suspense } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { showPage } from '../ui/Page.tsx';
import { Events } from './Events.tsx';
import { Frame } from './Frame.tsx';
import { Machine } from './Machine.tsx';
import { Machines } from './Machines.tsx';

/** Fetched when somebody goes there: it knows the lists of host policies. */
const Install = lazy(() => import('./Install.tsx').then((module) => ({ default: module.Install })));

showPage(
  <BrowserRouter>
    <Routes>
      <Route element={<Frame />}>
        <Route index element={<Machines />} />
        <Route
          path="install"
          element={
            <Suspense fallback={null}>
              <Install />
            </Suspense>
          }
        />
        <Route path="events" element={<Events />} />
        <Route path="*" element={<Machines />} />
      </Route>
      <Route path="machines/:vm" element={<Machine />} />
    </Routes>
  </BrowserRouter>,
);

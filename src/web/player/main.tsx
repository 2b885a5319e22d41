import { lazy, Suspense } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { showPage } from '../ui/Page.tsx';
import { Frame } from './Frame.tsx';
import { Machines } from './Machines.tsx';

/** Fetched when somebody goes there: the first view is to be there at once. */
const Install = lazy(() => import('./install/Install.tsx').then((module) => ({ default: module.Install })));
const Events = lazy(() => import('./Events.tsx').then((module) => ({ default: module.Events })));
const Machine = lazy(() => import('./machine/Machine.tsx').then((module) => ({ default: module.Machine })));

void showPage(
  <BrowserRouter>
    <Suspense fallback={null}>
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
          <Route
            path="events"
            element={
              <Suspense fallback={null}>
                <Events />
              </Suspense>
            }
          />
          <Route path="*" element={<Machines />} />
        </Route>
        <Route path="machines/:vm" element={<Machine />} />
      </Routes>
    </Suspense>
  </BrowserRouter>,
  'lazaret',
);

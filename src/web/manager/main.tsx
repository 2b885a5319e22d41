import { BrowserRouter, Route, Routes } from 'react-router';
import { showPage } from '../ui/Page.tsx';
import { Deployments } from './Deployments.tsx';
import { Frame } from './Frame.tsx';
import { Machine } from './Machine.tsx';
import { Machines } from './Machines.tsx';
import { Packages } from './Packages.tsx';
import { Problems } from './Problems.tsx';
import { Project } from './Project.tsx';

showPage(
  <BrowserRouter>
    <Routes>
      <Route element={<Frame />}>
        <Route index element={<Project />} />
        <Route path="machines" element={<Machines />} />
        <Route path="machines/:vm" element={<Machine />} />
        <Route path="packages" element={<Packages />} />
        <Route path="deployments" element={<Deployments />} />
        <Route path="problems" element={<Problems />} />
        <Route path="*" element={<Project />} />
      </Route>
    </Routes>
  </BrowserRouter>,
);

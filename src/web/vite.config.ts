import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** One page a program: `vite build --mode player` or `--mode manager`. Everything is bundled: a page asks nobody but us. */
// biome-ignore lint/style/noDefaultExport: Vite reads it so
export default defineConfig(({ mode }) => ({
  root: join(import.meta.dirname, mode),
  plugins: [react()],
  build: {
    outDir: join(import.meta.dirname, '..', '..', 'dist', 'pages', mode),
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    license: { fileName: 'licences.json' },
    modulePreload: { polyfill: false },
    // What counts is what a first view fetches, compressed (docs/decisions/0012-pages.md).
    chunkSizeWarningLimit: 1200,
  },
}));

import { defineConfig } from 'vite';

export default defineConfig({
  base: '/live/',
  build: {
    // The page's import map names it: it is the built library, as on the other pages.
    rolldownOptions: { external: ['eventsource-fetch'] },
  },
});

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env['STEWARD_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    outDir: 'dist',
    assetsDir: 'static', // not 'assets': that is where the pages of assets live
    emptyOutDir: true, // public/.keep is copied back, so the committed placeholder survives
    modulePreload: { polyfill: false },
    manifest: true,
    chunkSizeWarningLimit: 1200, // scripts/size.mjs holds the real limit, in gzip
  },
  server: { proxy: { '/api': server } },
});

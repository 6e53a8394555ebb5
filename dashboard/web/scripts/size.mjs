// Prints the gzip size of every built file and fails when the script that the
// first view needs (the entry, all it imports, and the overview) is too big.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const LIMIT = 350_000; // bytes of gzip, DESIGN: first view under 350 kB
const dist = new URL('../dist/', import.meta.url).pathname;
const firstViews = ['index.html', 'src/pages/overview/Overview.tsx'];

const gzip = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));

const first = new Set();
const walk = (key) => {
  const chunk = manifest[key];
  if (!chunk) throw new Error(`${key} is not in the build's manifest`);
  if (first.has(chunk.file)) return;
  first.add(chunk.file);
  (chunk.imports ?? []).forEach(walk);
};
firstViews.forEach(walk);

let total = 0;
for (const name of readdirSync(join(dist, 'static')).sort()) {
  const file = `static/${name}`;
  const size = gzip(file);
  if (first.has(file)) total += size;
  console.log(`${first.has(file) ? '*' : ' '} ${(size / 1000).toFixed(1).padStart(7)} kB gzip  ${file}`);
}
console.log(`first view script (*): ${(total / 1000).toFixed(1)} kB gzip, limit ${LIMIT / 1000} kB`);
if (total > LIMIT) {
  console.error('the first view is over its limit');
  process.exit(1);
}

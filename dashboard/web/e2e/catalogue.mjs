// The kinds of gateway/kind/kinds, so that the stand-in's equipment has the
// points that real equipment has. Reads the plain subset of YAML that those
// files keep to: a head, then points on one line each, or with labels below.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../../gateway/kind/kinds/', import.meta.url));
const NANOSECONDS = { s: 1e9, m: 60e9, h: 3600e9 };

const duration = (text) => Number(text.slice(0, -1)) * NANOSECONDS[text.at(-1)];

function scalar(text) {
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && !Number.isNaN(Number(text)) ? Number(text) : text;
}

/** A flow mapping, {a: 1, b: {c: "d"}}, from its opening brace. */
function flow(text) {
  let i = 0;
  const skip = () => {
    while (text[i] === ' ' || text[i] === ',') i++;
  };
  const word = (ends) => {
    if (text[i] === '"') {
      const end = text.indexOf('"', i + 1);
      const inner = text.slice(i + 1, end);
      i = end + 1;
      return inner;
    }
    const start = i;
    while (i < text.length && !ends.includes(text[i])) i++;
    return text.slice(start, i).trim();
  };
  const map = () => {
    const out = {};
    i++;
    for (skip(); text[i] !== '}'; skip()) {
      const key = word(':');
      i++;
      skip();
      const quoted = text[i] === '"';
      out[key] = text[i] === '{' ? map() : quoted ? word('') : scalar(word(',}'));
    }
    i++;
    return out;
  };
  return map();
}

function read(file) {
  const kind = { points: [] };
  let last = null;
  for (const line of readFileSync(FOLDER + file, 'utf8').split('\n')) {
    const head = /^(kind|fresh): (\S+)$/.exec(line);
    const inline = /^ {2}- (\{.*\})$/.exec(line);
    const opened = /^ {2}- name: (\w+)$/.exec(line);
    const part = /^ {4}(\w+): (.+)$/.exec(line);
    const label = /^ {6}- (\{.*\})$/.exec(line);
    if (head) kind[head[1]] = head[2];
    else if (inline) kind.points.push((last = flow(inline[1])));
    else if (opened) kind.points.push((last = { name: opened[1] }));
    else if (part) last[part[1]] = part[2].startsWith('{') ? flow(part[2]) : scalar(part[2]);
    else if (label) (last.labels ??= []).push(flow(label[1]));
  }
  const fresh = kind.fresh ? duration(kind.fresh) : 0;
  const points = kind.points.map((p) => {
    const type = p.type ?? 'float';
    return { ...p, type, fresh: p.fresh ? duration(p.fresh) : fresh, decimals: p.decimals ?? (type === 'float' ? 1 : 0) };
  });
  return [kind.kind, points];
}

const kinds = new Map(readdirSync(FOLDER).filter((f) => f.endsWith('.yaml')).map(read));

/** Points of a kind by name, in the catalogue's order; a name that ends in * stands for all that begin so. */
export function pointsOf(kind, names) {
  const points = kinds.get(kind);
  if (!points) throw new Error(`the catalogue has no kind ${kind}`);
  const wanted = (p) => names.some((n) => (n.endsWith('*') ? p.name.startsWith(n.slice(0, -1)) : p.name === n));
  const found = points.filter(wanted);
  if (found.length < names.length) throw new Error(`${kind} has not all of ${names.join(', ')}`);
  return found;
}

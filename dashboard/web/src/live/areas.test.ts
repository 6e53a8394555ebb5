import { expect, it } from 'vitest';
import { areaTree, flatten } from './areas';

const area = (id: string, parent?: string) => ({
  id,
  name: { zh: id, en: id },
  ...(parent === undefined ? {} : { parent }),
});

it('puts areas under their parents in the order of the site file', () => {
  const tree = areaTree([area('b1', 'b'), area('a'), area('b'), area('a2', 'a'), area('a1', 'a')]);
  expect(flatten(tree).map((n) => `${n.depth}${n.area.id}`)).toEqual(['0a', '1a2', '1a1', '0b', '1b1']);
  expect(tree[1]?.children[0]?.path.map((a) => a.id)).toEqual(['b', 'b1']);
});

it('hides nothing when parents are missing or go round in a circle', () => {
  const tree = areaTree([area('x', 'gone'), area('p', 'q'), area('q', 'p'), area('self', 'self')]);
  expect(flatten(tree).map((n) => n.area.id).sort()).toEqual(['p', 'q', 'self', 'x']);
});

import { Link } from 'react-router';
import type { Names } from './names';
import { SITE_ASSET } from './types';

/** An asset by its name; a link where there is a page behind it. */
export function AssetLink({ id, names }: { id: string; names: Names }) {
  if (id === SITE_ASSET || !names.assets.has(id)) return <span>{names.asset(id)}</span>;
  return <Link to={`/assets/${encodeURIComponent(id)}`}>{names.asset(id)}</Link>;
}

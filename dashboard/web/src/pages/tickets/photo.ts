/** What the gateway keeps of a photo at most, bytes. */
export const PHOTO_LIMIT = 10 * 2 ** 20;
export const PHOTO_TYPES = 'image/jpeg,image/png,image/webp';
const SMALL = 1.5e6; // bytes: not worth making smaller
const SIDE = 2560; // px

/** The size of a picture whose longer side is at most so long. */
export function fit(width: number, height: number, side: number): [number, number] {
  const k = Math.min(1, side / Math.max(width, height, 1));
  return [Math.max(1, Math.round(width * k)), Math.max(1, Math.round(height * k))];
}

/** A large photo made smaller, for the poor line of a plant room; the same where that fails. */
export async function shrink(file: File): Promise<Blob> {
  if (file.size <= SMALL) return file;
  try {
    const picture = await createImageBitmap(file);
    const [width, height] = fit(picture.width, picture.height, SIDE);
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    canvas.getContext('2d')?.drawImage(picture, 0, 0, width, height);
    picture.close();
    const made = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.85));
    return made && made.size < file.size ? made : file;
  } catch {
    return file;
  }
}

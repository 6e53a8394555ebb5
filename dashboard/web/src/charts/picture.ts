// A chart as a picture for a report: panels under each other with their legends.

export interface PicturePanel {
  readonly canvas: HTMLCanvasElement;
  readonly legend: readonly { readonly text: string; readonly color: string; readonly dash: readonly number[] }[];
  readonly unit: string;
}

export interface PictureInk {
  readonly back: string;
  readonly text: string;
  readonly font: string;
}

const HEAD = 44; // css px
const ROW = 20;
const PAD = 12;

/** Draws panels of one width into a PNG; null where the browser will not. */
export function pictureOf(title: string, under: string, panels: readonly PicturePanel[], ink: PictureInk): Promise<Blob | null> {
  const px = devicePixelRatio;
  const width = Math.max(...panels.map((p) => p.canvas.width)) + 2 * PAD * px;
  const height = panels.reduce((sum, p) => sum + p.canvas.height + (p.legend.length * ROW + PAD) * px, (HEAD + PAD) * px);
  const sheet = document.createElement('canvas');
  sheet.width = width;
  sheet.height = height;
  const c = sheet.getContext('2d');
  if (!c) return Promise.resolve(null);
  c.fillStyle = ink.back;
  c.fillRect(0, 0, width, height);
  c.textBaseline = 'middle';
  const write = (text: string, x: number, y: number, size: number) => {
    c.font = `${size * px}px ${ink.font}`;
    c.fillStyle = ink.text;
    c.fillText(text, x, y);
  };
  write(title, PAD * px, 16 * px, 15);
  write(under, PAD * px, 34 * px, 12);
  let y = HEAD * px;
  for (const p of panels) {
    for (const l of p.legend) {
      c.strokeStyle = l.color;
      c.lineWidth = 2.5 * px;
      c.setLineDash(l.dash.map((d) => d * px));
      c.beginPath();
      c.moveTo(PAD * px, y + (ROW / 2) * px);
      c.lineTo((PAD + 28) * px, y + (ROW / 2) * px);
      c.stroke();
      c.setLineDash([]);
      write(p.unit === '' ? l.text : `${l.text} (${p.unit})`, (PAD + 36) * px, y + (ROW / 2) * px, 12);
      y += ROW * px;
    }
    c.drawImage(p.canvas, PAD * px, y);
    y += p.canvas.height + PAD * px;
  }
  return new Promise((resolve) => {
    sheet.toBlob(resolve, 'image/png');
  });
}

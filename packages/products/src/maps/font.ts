import { createRequire } from 'node:module';
import { GlobalFonts } from '@napi-rs/canvas';

/** Family name under which the bundled font is known to the drawing code. */
export const FONT_FAMILY = 'Gravity Sans';

let registered = false;

/**
 * Registers DejaVu Sans (free licence, npm package dejavu-fonts-ttf) so that text appears on machines without any
 * system font. Resolved like a module and read by the canvas library; repeated calls do nothing.
 * @throws Error when the font package is missing
 */
export function registerFont(): void {
  if (registered) return;
  const { resolve } = createRequire(import.meta.url);
  for (const file of ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf']) {
    const path = resolve(`dejavu-fonts-ttf/ttf/${file}`);
    if (!GlobalFonts.registerFromPath(path, FONT_FAMILY))
      throw new Error(`font: ${file} cannot be registered`);
  }
  registered = true;
}

/** CSS font string. */
export function font(pixels: number, weight: 'normal' | 'bold' = 'normal'): string {
  return `${weight} ${pixels}px "${FONT_FAMILY}"`;
}

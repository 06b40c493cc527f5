import { FormatError } from '../errors.js';

/**
 * Safe base name of an archive entry: folders are dropped, so that no entry can point outside of a folder it is
 * written to.
 *
 * @throws FormatError `unsafe_name` when nothing usable is left
 */
export function safeBaseName(entryName: string, archive: string): string {
  const name = entryName.slice(Math.max(entryName.lastIndexOf('/'), entryName.lastIndexOf('\\')) + 1);
  const printable = [...name].every((letter) => letter >= ' ' && letter !== '\u007f');
  if (name === '' || name === '.' || name === '..' || name.length > 255 || !printable) {
    throw new FormatError('unsafe_name', `entry name ${JSON.stringify(entryName)} cannot be used`, {
      file: archive,
    });
  }
  return name;
}

/** Companion files that macOS puts beside the real ones: base names beginning with "._". */
export function isAppleDouble(baseName: string): boolean {
  return baseName.startsWith('._');
}

import { constants } from 'node:fs';
import { type FileHandle, open, statfs, unlink } from 'node:fs/promises';
import { type PanelLayout, type PanelStore, storedLength } from '@gravity/recovery';

/** One call of the operating system moves less than 2 GiB. */
const LARGEST_MOVE = 2 ** 30;

export interface FilePanelStore extends PanelStore {
  /** Gives the space back. */
  close(): Promise<void>;
}

/**
 * Panels of a matrix in a file of their own, which must not exist. Its name goes at once where the system allows it, so
 * that the space is free again however the process ends.
 *
 * @throws Error naming the file when the disk has less room than the matrix needs
 */
export async function openFilePanelStore(path: string, layout: PanelLayout): Promise<FilePanelStore> {
  const bytes = 8 * storedLength(layout);
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  let named = true;
  const close = async (): Promise<void> => {
    await file.close();
    if (named) await unlink(path);
  };
  try {
    const { bavail, bsize } = await statfs(path);
    if (bavail * bsize < bytes) {
      throw new Error(
        `${path}: the matrix needs ${gigabytes(bytes)} GB on disk, free are ${gigabytes(bavail * bsize)} GB`,
      );
    }
    // Zeros that take no room until written.
    await file.truncate(bytes);
    named = process.platform === 'win32' || !(await unlink(path).then(() => true));
  } catch (error) {
    await close();
    throw error;
  }
  const position = (panel: number, offset: number): number => {
    const before = panel * layout.count - (panel * (panel - 1)) / 2;
    return 8 * (before * layout.side ** 2 + offset);
  };
  return {
    read: (panel, offset, target) => move(file, 'read', target, position(panel, offset), path),
    write: (panel, offset, source) => move(file, 'write', source, position(panel, offset), path),
    close,
  };
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);

async function move(
  file: FileHandle,
  direction: 'read' | 'write',
  values: Float64Array,
  position: number,
  path: string,
): Promise<void> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const part = bytes.subarray(at, at + LARGEST_MOVE);
    const moved =
      direction === 'read'
        ? (await file.read(part, 0, part.length, position + at)).bytesRead
        : (await file.write(part, 0, part.length, position + at)).bytesWritten;
    if (moved === 0) throw new Error(`${path}: cut short at byte ${position + at}`);
    at += moved;
  }
}

/** No room on the disk, none left to the user, and PostgreSQL's word for both. */
const FULL_CODES = new Set(['ENOSPC', 'EDQUOT', '53100']);
const MOST_CAUSES = 5;

/** Whether the error, or one that caused it, says that a disk is full. */
export function isDiskFull(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < MOST_CAUSES && typeof current === 'object' && current !== null; depth++) {
    const { code, cause } = current as { readonly code?: unknown; readonly cause?: unknown };
    if (typeof code === 'string' && FULL_CODES.has(code)) return true;
    current = cause;
  }
  return false;
}

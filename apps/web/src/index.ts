import { fileURLToPath } from 'node:url';

/** Folder of the console's static files, to be served under one path. */
export const webRoot: string = fileURLToPath(new URL('../public/', import.meta.url));

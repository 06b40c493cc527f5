const BY_EXTENSION: Readonly<Record<string, string>> = {
  gfc: 'text/plain; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  log: 'text/plain; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
  geojson: 'application/geo+json',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  nc: 'application/x-netcdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  gz: 'application/gzip',
  tgz: 'application/gzip',
  tar: 'application/x-tar',
  zip: 'application/zip',
};

/** The media type by the ending of the name; application/octet-stream when unknown. */
export function contentTypeOf(key: string): string {
  const extension = /\.([A-Za-z0-9]+)$/.exec(key)?.[1].toLowerCase();
  return (extension !== undefined ? BY_EXTENSION[extension] : undefined) ?? 'application/octet-stream';
}

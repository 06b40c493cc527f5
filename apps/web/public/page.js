// What every part of the console uses: requests with the token of this tab, elements, tables, texts.
export const $ = (id) => document.getElementById(id);
export const TOKEN = 'gravity.token';

export class ApiError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

export async function api(path, options = {}) {
  const headers = { accept: 'application/json', ...options.headers };
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.authorization = `Bearer ${token}`;
  if (options.body !== undefined && typeof options.body === 'string')
    headers['content-type'] = 'application/json';
  const response = await fetch(path, { ...options, headers });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const details = (problem.errors ?? []).map((e) => `${e.field}: ${e.message}`).join('; ');
  throw new ApiError(
    response.status,
    `${problem.detail ?? response.statusText}${details ? ` (${details})` : ''}`,
  );
}

export const json = async (path, options) => (await api(path, options)).json();

export function show(text) {
  $('message').textContent = text ?? '';
  $('message').hidden = !text;
}

export function element(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

export function row(...cells) {
  const line = document.createElement('tr');
  for (const cell of cells) {
    const td = cell instanceof HTMLTableCellElement ? cell : document.createElement('td');
    if (td !== cell) td.append(cell ?? '');
    line.append(td);
  }
  return line;
}

export const size = (bytes) =>
  bytes < 1000
    ? `${bytes} B`
    : bytes < 1e6
      ? `${(bytes / 1e3).toFixed(1)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`;
export const moment = (iso) => (iso ? `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC` : '');

export function took(job) {
  if (!job.started_at) return '';
  const end = job.completed_at ? Date.parse(job.completed_at) : Date.now();
  const seconds = Math.max(0, (end - Date.parse(job.started_at)) / 1000);
  return seconds < 60
    ? `${seconds.toFixed(1)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** A button that looks like text beside it. */
export function quietButton(text, label, onClick) {
  const button = element('button', text, 'quiet');
  button.type = 'button';
  button.setAttribute('aria-label', label);
  button.addEventListener('click', onClick);
  return button;
}

/** A link to another part of the console. */
export function link(text, hash) {
  const anchor = element('a', text);
  anchor.href = hash;
  return anchor;
}

/** Puts rows into a table only when they differ from those there: focus and selection stay. */
export function replace(body, rows) {
  const html = rows.map((r) => r.outerHTML).join('');
  if (body.dataset.html === html) return;
  body.dataset.html = html;
  const focused = body.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  body.replaceChildren(...rows);
  if (focused) body.querySelector(`[data-key="${focused}"]`)?.focus();
}

/** Terms and what they are. */
export function definitions(list, pairs) {
  list.replaceChildren(
    ...pairs.flatMap(([term, what]) => {
      if (what === undefined || what === null || what === '') return [];
      const value = document.createElement('dd');
      value.append(...[what].flat());
      return [element('dt', term), value];
    }),
  );
}

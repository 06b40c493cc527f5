// The whole console: signs in, then shows the user's jobs and products. Talks to the HTTP API only.
const $ = (id) => document.getElementById(id);
const TOKEN = 'gravity.token';
const POLL_MS = 2000;
let timer;

class ApiError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function api(path, options = {}) {
  const headers = { accept: 'application/json', ...options.headers };
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.authorization = `Bearer ${token}`;
  const response = await fetch(path, { ...options, headers });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const details = (problem.errors ?? []).map((e) => `${e.field}: ${e.message}`).join('; ');
  throw new ApiError(
    response.status,
    `${problem.detail ?? response.statusText}${details ? ` (${details})` : ''}`,
  );
}

const json = async (path, options) => (await api(path, options)).json();

function show(text) {
  $('message').textContent = text ?? '';
  $('message').hidden = !text;
}

function element(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

function row(...cells) {
  const line = document.createElement('tr');
  for (const cell of cells) {
    const td = cell instanceof HTMLTableCellElement ? cell : document.createElement('td');
    if (td !== cell) td.append(cell ?? '');
    line.append(td);
  }
  return line;
}

const size = (bytes) =>
  bytes < 1000
    ? `${bytes} B`
    : bytes < 1e6
      ? `${(bytes / 1e3).toFixed(1)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`;
const moment = (iso) => (iso ? `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC` : '');

function took(job) {
  if (!job.started_at) return '';
  const end = job.completed_at ? Date.parse(job.completed_at) : Date.now();
  const seconds = Math.max(0, (end - Date.parse(job.started_at)) / 1000);
  return seconds < 60
    ? `${seconds.toFixed(1)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

function jobRow(job) {
  const progress = element('td', undefined, 'wide');
  if (job.status === 'running' || job.status === 'pending') {
    const bar = document.createElement('progress');
    bar.max = 1;
    bar.value = job.progress;
    bar.setAttribute('aria-label', `progress of ${job.type}`);
    progress.append(bar, ` ${Math.round(100 * job.progress)} % `);
    progress.append(element('span', job.progress_message ?? '', 'reason'));
  } else if (job.error) {
    progress.append(element('span', job.error.message, 'reason'));
  } else {
    progress.append(element('span', job.progress_message ?? '', 'reason'));
  }
  const actions = document.createElement('td');
  if (job.status === 'running' || job.status === 'pending') {
    const cancel = element('button', 'Cancel', 'quiet');
    cancel.type = 'button';
    cancel.dataset.key = job.id;
    cancel.setAttribute('aria-label', `Cancel ${job.type} ${job.id}`);
    cancel.addEventListener('click', () => act(() => api(`/ops/jobs/${job.id}`, { method: 'DELETE' })));
    actions.append(cancel);
  }
  const state = element('span', job.status, `state-${job.status}`);
  return row(element('span', job.type), state, progress, moment(job.created_at), took(job), actions);
}

function productRow(product) {
  const download = element('a', product.file_name);
  download.href = '#';
  download.dataset.key = product.id;
  download.addEventListener('click', (event) => {
    event.preventDefault();
    void act(() => save(product));
  });
  const bytes = element('td', size(product.bytes), 'number');
  const state = element('span', product.status, `state-${product.status}`);
  const hash = element('code', product.sha256.slice(0, 12));
  hash.title = product.sha256;
  const period = [product.time_start, product.time_end]
    .map((t) => t?.slice(0, 10))
    .filter(Boolean)
    .join(' – ');
  return row(download, product.kind, period, bytes, state, hash);
}

/** The token goes in a header, so the file is fetched and handed over as a blob. */
async function save(product) {
  const response = await api(DOWNLOAD(product.id), { headers: { accept: '*/*' } });
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = product.file_name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

const DOWNLOAD = (id) => `/products/${encodeURIComponent(id)}/content`;
const list = (body, key) => (Array.isArray(body) ? body : (body[key] ?? body.items ?? []));

async function refresh() {
  clearTimeout(timer);
  const [jobs, products] = await Promise.all([json('/ops/jobs?limit=50'), json('/products?limit=50')]);
  const jobRows = list(jobs, 'jobs').map(jobRow);
  const productRows = list(products, 'products').map(productRow);
  replace($('jobs'), jobRows);
  replace($('products'), productRows);
  $('no-jobs').hidden = jobRows.length > 0;
  $('no-products').hidden = productRows.length > 0;
  timer = setTimeout(() => void act(refresh), POLL_MS);
}

function replace(body, rows) {
  const html = rows.map((r) => r.outerHTML).join('');
  if (body.dataset.html === html) return;
  body.dataset.html = html;
  const focused = body.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  body.replaceChildren(...rows);
  if (focused) body.querySelector(`[data-key="${focused}"]`)?.focus();
}

async function act(action) {
  try {
    await action();
    show();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401)
      return signOut('Please sign in again: the token has ended.');
    show(error instanceof ApiError ? error.message : 'The server does not answer; trying again.');
    clearTimeout(timer);
    timer = setTimeout(() => void act(refresh), 3 * POLL_MS);
  }
}

function signOut(text) {
  clearTimeout(timer);
  sessionStorage.removeItem(TOKEN);
  $('work').hidden = true;
  $('login').hidden = false;
  show(text);
}

async function start() {
  if (!sessionStorage.getItem(TOKEN)) return signOut();
  await act(async () => {
    const user = await json('/auth/me');
    $('user').textContent = user.username;
    $('login').hidden = true;
    $('work').hidden = false;
    await refresh();
  });
}

async function checkHealth() {
  const pill = $('health');
  try {
    const health = await json('/health');
    pill.textContent = `server ${health.status ?? 'answers'}${health.version ? `, version ${health.version}` : ''}`;
    pill.className = 'pill good';
  } catch {
    pill.textContent = 'server not healthy';
    pill.className = 'pill bad';
  }
}

$('login-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const body = new URLSearchParams({ username: form.get('username'), password: form.get('password') });
  try {
    const token = await json('/auth/token', { method: 'POST', body });
    sessionStorage.setItem(TOKEN, token.access_token);
    event.target.reset();
    show();
    await start();
  } catch (error) {
    show(error instanceof ApiError ? error.message : 'The server does not answer.');
  }
});
$('logout').addEventListener('click', () => signOut());

void checkHealth();
void start();

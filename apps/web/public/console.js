// The console: signs in, then shows the user's jobs and products. Talks to the HTTP API only.
import { jobButton, showJob, stateOf } from './job-page.js';
import {
  $,
  ApiError,
  api,
  element,
  json,
  link,
  moment,
  replace,
  row,
  show,
  size,
  TOKEN,
  took,
} from './page.js';
import { showProvenance } from './provenance-page.js';
import { showWebhooks } from './webhooks-page.js';

const POLL_MS = 2000;
const PAGES = { list: 'work', job: 'job-page', product: 'provenance-page', webhooks: 'webhooks-page' };
let timer;

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
  const button = jobButton(job, act);
  if (button) actions.append(button);
  const name = link(job.type, `#job=${job.id}`);
  name.dataset.key = `show-${job.id}`;
  return row(name, stateOf(job), progress, moment(job.created_at), took(job), actions);
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
  const origin = link('Provenance', `#product=${product.id}`);
  origin.dataset.key = `origin-${product.id}`;
  const period = [product.time_start, product.time_end]
    .map((t) => t?.slice(0, 10))
    .filter(Boolean)
    .join(' – ');
  return row(download, product.kind, period, bytes, state, hash, origin);
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
  const page = await showPage();
  if (page !== 'list') {
    timer = setTimeout(() => void act(refresh), POLL_MS);
    return;
  }
  const [jobs, products] = await Promise.all([json('/ops/jobs?limit=50'), json('/products?limit=50')]);
  const jobRows = list(jobs, 'jobs').map(jobRow);
  const productRows = list(products, 'products').map(productRow);
  replace($('jobs'), jobRows);
  replace($('products'), productRows);
  $('no-jobs').hidden = jobRows.length > 0;
  $('no-products').hidden = productRows.length > 0;
  timer = setTimeout(() => void act(refresh), POLL_MS);
}

/** The part of the console that the address names. Returns its name. */
async function showPage() {
  const [, name = 'list', id] = /^#(job|product|webhooks)(?:=([0-9a-f-]{36}))?$/.exec(location.hash) ?? [];
  for (const [part, section] of Object.entries(PAGES)) $(section).hidden = part !== name;
  if (name === 'job' && id) await showJob(id, act);
  if (name === 'product' && id) await showProvenance(id, act);
  if (name === 'webhooks') await showWebhooks(act);
  return name;
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
  for (const section of Object.values(PAGES)) $(section).hidden = true;
  $('login').hidden = false;
  show(text);
}

async function start() {
  if (!sessionStorage.getItem(TOKEN)) return signOut();
  await act(async () => {
    const user = await json('/auth/me');
    $('user').textContent = user.username;
    $('login').hidden = true;
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
window.addEventListener('hashchange', () => {
  if (sessionStorage.getItem(TOKEN)) void act(refresh);
});
$('logout').addEventListener('click', () => signOut());

void checkHealth();
void start();

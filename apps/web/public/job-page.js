// One job: state, what it depends on, log; cancel and retry.
import { $, api, definitions, element, json, link, moment, quietButton, row, took } from './page.js';

const LINES = 200;
/** The job on show, and the last line of its log that is there. */
let shown = { id: undefined, after: undefined, level: undefined };

export const isOpen = (job) => job.status === 'running' || job.status === 'pending';

export function stateOf(job) {
  const text = job.waiting_for?.length
    ? `waits for ${job.waiting_for.length}`
    : job.held
      ? 'held'
      : job.status;
  return element('span', text, `state-${job.status}`);
}

/** Cancel for open jobs, retry for those that did not complete. */
export function jobButton(job, act) {
  const name = `${job.type} ${job.id}`;
  const cancel = () => api(`/ops/jobs/${job.id}`, { method: 'DELETE' });
  const retry = async () => {
    const again = await json(`/ops/jobs/${job.id}/retry`, { method: 'POST' });
    location.hash = `#job=${again.id}`;
  };
  const button = isOpen(job)
    ? quietButton('Cancel', `Cancel ${name}`, () => act(cancel))
    : job.status === 'completed'
      ? undefined
      : quietButton('Retry', `Retry ${name}`, () => act(retry));
  if (button) button.dataset.key = job.id;
  return button;
}

async function dependencies(job) {
  const others = await Promise.all(
    job.depends_on.map((id) => json(`/ops/jobs/${id}`).catch(() => ({ id, type: 'job', status: 'gone' }))),
  );
  const items = others.map((other) => {
    const item = document.createElement('li');
    const state = element('span', other.status, `state-${other.status}`);
    item.append(link(`${other.type} ${other.id.slice(0, 8)}`, `#job=${other.id}`), ' ', state);
    return item;
  });
  const list = element('ul', undefined, 'plain');
  list.append(...items);
  return items.length > 0 ? list : undefined;
}

function progressOf(job) {
  if (!isOpen(job)) return job.progress_message ?? '';
  const bar = document.createElement('progress');
  bar.max = 1;
  bar.value = job.progress;
  bar.setAttribute('aria-label', 'progress');
  return [bar, ` ${Math.round(100 * job.progress)} % ${job.progress_message ?? ''}`];
}

export async function showJob(id, act) {
  const job = await json(`/ops/jobs/${id}`);
  const level = $('job-level').value;
  if (shown.id !== id || shown.level !== level) {
    shown = { id, after: undefined, level };
    $('job-log').replaceChildren();
  }
  $('job-title').textContent = `${job.type} ${job.id}`;
  const button = jobButton(job, act);
  $('job-actions').replaceChildren(...(button ? [button] : []));
  const commit = job.software?.commit?.slice(0, 12);
  definitions($('job-facts'), [
    ['State', stateOf(job)],
    ['Progress', progressOf(job)],
    ['Reason', job.error && element('span', job.error.message, 'state-failed')],
    ['Depends on', await dependencies(job)],
    ['Retry of', job.retry_of && link(job.retry_of, `#job=${job.retry_of}`)],
    ['Computes again', job.reproduces && link(job.reproduces, `#product=${job.reproduces}`)],
    ['Priority', String(job.priority)],
    ['Attempts', String(job.attempt)],
    ['Created', moment(job.created_at)],
    ['Took', took(job)],
    [
      'Software',
      job.software && `${job.software.name} ${job.software.version}${commit ? `, commit ${commit}` : ''}`,
    ],
    ['Tells', job.callback_url],
  ]);
  $('job-parameters').textContent = JSON.stringify(job.parameters, null, 2);
  await addLog(id, level);
  $('no-log').hidden = $('job-log').childElementCount > 0;
}

async function addLog(id, level) {
  for (;;) {
    const after = shown.after === undefined ? '' : `&after=${shown.after}`;
    const { logs } = await json(`/ops/jobs/${id}/logs?level=${level}&limit=${LINES}${after}`);
    if (logs.length === 0) return;
    shown.after = logs.at(-1).id;
    $('job-log').append(
      ...logs.map((line) =>
        row(moment(line.time), element('span', line.level, `level-${line.level}`), wide(line.message)),
      ),
    );
    if (logs.length < LINES) return;
  }
}

function wide(text) {
  return element('td', text, 'wide');
}

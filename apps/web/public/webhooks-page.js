// Addresses that are told when jobs end: add, try out, switch, remove; what was sent.
import { $, api, element, json, moment, quietButton, replace, row } from './page.js';

let selected;
let bound = false;

function hookRow(hook, act) {
  const path = `/webhooks/${hook.id}`;
  const change = (body) => api(path, { method: 'PATCH', body: JSON.stringify(body) });
  const state = hook.active
    ? element('span', 'on', 'state-completed')
    : element('span', `off: ${hook.disabled_reason ?? ''}`, 'state-failed');
  const toggle = quietButton(hook.active ? 'Switch off' : 'Switch on', `Switch ${hook.url}`, () =>
    act(() => change({ active: !hook.active })),
  );
  const test = quietButton('Test', `Send a test to ${hook.url}`, () =>
    act(() => api(`${path}/test`, { method: 'POST' })),
  );
  const remove = quietButton('Remove', `Remove ${hook.url}`, () =>
    act(() => api(path, { method: 'DELETE' })),
  );
  const log = quietButton('Log', `Log of ${hook.url}`, () => {
    selected = hook.id;
    void act(() => showDeliveries());
  });
  const actions = document.createElement('td');
  for (const [name, button] of Object.entries({ log, test, toggle, remove })) {
    button.dataset.key = `${name}-${hook.id}`;
    actions.append(button, ' ');
  }
  if (!hook.active) test.disabled = true;
  const events = hook.events.map((event) => event.replace('job.', '')).join(', ');
  return row(element('td', hook.url, 'wide'), events, wideCell(state), moment(hook.last_success_at), actions);
}

function wideCell(content) {
  const cell = element('td', undefined, 'wide');
  cell.append(content);
  return cell;
}

async function showDeliveries() {
  $('deliveries-part').hidden = selected === undefined;
  if (selected === undefined) return;
  const { items } = await json(`/webhooks/${selected}/deliveries?limit=50`);
  const rows = items.map((one) =>
    row(
      moment(one.created_at),
      one.event,
      element('span', one.status, `state-${one.status === 'delivered' ? 'completed' : one.status}`),
      String(one.attempts),
      element('td', one.last_error ?? (one.last_status ? `answered ${one.last_status}` : ''), 'wide'),
    ),
  );
  replace($('deliveries'), rows);
  $('no-deliveries').hidden = rows.length > 0;
}

export async function showWebhooks(act) {
  if (!bound) bindForm(act);
  const { items } = await json('/webhooks');
  if (selected !== undefined && !items.some(({ id }) => id === selected)) selected = undefined;
  replace(
    $('webhooks'),
    items.map((hook) => hookRow(hook, act)),
  );
  $('no-webhooks').hidden = items.length > 0;
  await showDeliveries();
}

function bindForm(act) {
  bound = true;
  $('webhook-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const form = event.target;
    void act(async () => {
      const url = new FormData(form).get('url');
      const made = await json('/webhooks', { method: 'POST', body: JSON.stringify({ url }) });
      form.reset();
      $('webhook-secret').textContent = made.secret;
      $('webhook-secret-part').hidden = false;
      await showWebhooks(act);
    });
  });
}

// How a product came to be: the picture the server draws, and its quality.
import { $, api, definitions, element, json, link, quietButton, show } from './page.js';

let shown;

export async function showProvenance(id, act) {
  if (shown === id) return;
  const product = await json(`/products/${id}`);
  $('provenance-title').textContent = product.file_name;
  definitions($('provenance-facts'), [
    ['Kind', product.kind],
    ['State', element('span', product.status, `state-${product.status}`)],
    ['SHA-256', element('code', product.sha256)],
    ['Recipe', element('code', product.recipe_hash)],
    ['Made by', link(product.job_id, `#job=${product.job_id}`)],
  ]);
  // The token goes in a header, so the picture is fetched and shown from memory.
  const response = await api(`/products/${id}/provenance?format=svg`, {
    headers: { accept: 'image/svg+xml' },
  });
  const picture = $('provenance-picture');
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(await response.blob());
  picture.alt = `Provenance of ${product.file_name}: from the raw files over the jobs to the product`;
  $('provenance-actions').replaceChildren(
    quietButton('PROV-JSON', 'Download as PROV-JSON', () => act(() => save(id, product.file_name))),
    quietButton('Compute again', `Compute ${product.file_name} again`, () => act(() => reproduce(id))),
  );
  shown = id;
}

async function save(id, fileName) {
  const response = await api(`/products/${id}/provenance?format=prov-json`, { headers: { accept: '*/*' } });
  const anchor = document.createElement('a');
  anchor.href = URL.createObjectURL(await response.blob());
  anchor.download = `${fileName}.prov.json`;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000);
  show();
}

async function reproduce(id) {
  const job = await json(`/products/${id}/reproduce`, { method: 'POST' });
  location.hash = `#job=${job.id}`;
}

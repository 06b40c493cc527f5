import { TaskError } from '../../jobs/task.js';
import { isUuid } from '../../uuid.js';

export interface CatalogRequest {
  readonly productIds: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly publish: boolean;
  readonly archive: boolean;
}

/** @throws TaskError `invalid_parameters` naming every field that is wrong */
export function parseCatalogParameters(parameters: Readonly<Record<string, unknown>>): CatalogRequest {
  const errors: { field: string; message: string }[] = [];
  const { product_ids: ids, metadata = {}, publish = false, archive = false } = parameters;
  const productIds = Array.isArray(ids) ? ids.filter((id): id is string => typeof id === 'string') : [];
  if (!Array.isArray(ids) || ids.length === 0 || productIds.length !== ids.length) {
    errors.push({ field: 'product_ids', message: 'must be a list of at least one product id' });
  }
  productIds.forEach((id, i) => {
    if (!isUuid(id)) errors.push({ field: `product_ids[${i}]`, message: `not a product id: ${id}` });
  });
  const texts: Record<string, string> = {};
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    errors.push({ field: 'metadata', message: 'must be an object' });
  } else {
    for (const [name, value] of Object.entries(metadata)) {
      if (typeof value === 'string') texts[name] = value;
      else errors.push({ field: `metadata.${name}`, message: 'must be a text' });
    }
  }
  for (const [name, value] of Object.entries({ publish, archive })) {
    if (typeof value !== 'boolean') errors.push({ field: name, message: 'must be true or false' });
  }
  if (errors.length > 0) {
    const text = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
    throw new TaskError('invalid_parameters', text, errors);
  }
  return {
    productIds: [...new Set(productIds.map((id) => id.toLowerCase()))],
    metadata: texts,
    publish: publish === true,
    archive: archive === true,
  };
}

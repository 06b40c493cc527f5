export { type PictureOptions, provenanceSvg } from './picture.js';
export { PROV_TERMS, type ProvJson, provJson } from './prov-json.js';
export { type ProvenanceGraph, readProvenanceGraph, softwareOf } from './provenance-graph.js';
export { type Activity, type ProductRow, readActivities, type UsedEntity } from './read-provenance.js';

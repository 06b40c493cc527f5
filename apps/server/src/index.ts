export type { AuditRow } from './audit/audit-row.js';
export { type AuditWriter, type AuditWriterOptions, openAuditWriter } from './audit/audit-writer.js';
export { type AuditFilter, exportAudit } from './audit/query.js';
export type { AuditFinding } from './audit/verification.js';
export { type AuditAnchor, type AuditVerification, verifyAudit } from './audit/verify.js';
export { AccountError, createAccount, resetPassword } from './auth/accounts.js';
export { createAttemptLimiter } from './auth/attempt-limiter.js';
export { idOfKey, type KeyRing, parseKeyRing, type RingKey } from './auth/key-ring.js';
export { unlockLogin } from './auth/login-guard.js';
export { type Ownership, permissions, type Rule, type Scope, scopes } from './auth/permissions.js';
export { resealSecrets } from './auth/reseal.js';
export {
  createSecretBox,
  NoEncryptionKeyError,
  SealedSecretError,
  type SecretBox,
} from './auth/secrets.js';
export { DuplicateUserError } from './auth/users.js';
export { createMemoryState } from './cache/memory-state.js';
export { openSharedState } from './cache/open-shared-state.js';
export type { Counter, SharedState } from './cache/shared-state.js';
export * from './config.js';
export * from './config-load.js';
export { memoryLimit } from './config-memory.js';
export { keptSecrets, rotateKeptSecret } from './config-secrets.js';
export { parseQueues, QUEUE_NAMES } from './config-services.js';
export * from './db/consistency.js';
export * from './db/copy-binary.js';
export * from './db/copy-text.js';
export * from './db/database.js';
export * from './db/database-error.js';
export * from './db/maintenance.js';
export * from './db/migrations/index.js';
export * from './db/open-database.js';
export * from './db/query-meter.js';
export * from './db/schema.js';
export * from './db/time-series/index.js';
export * from './db/transient.js';
export type { RoutePermission } from './http/access.js';
export { type AppOptions, buildApp } from './http/app.js';
export { type Deprecation, deprecations } from './http/deprecations.js';
export { type Problem, problemBody } from './http/errors.js';
export * from './jobs/arcs/index.js';
export type { JobRunner, JobRunnerOptions, RunningJob } from './jobs/attempt-pool.js';
export * from './jobs/bullmq-transport.js';
export * from './jobs/create-job-service.js';
export * from './jobs/job-attempt.js';
export * from './jobs/job-bus.js';
export * from './jobs/job-outbox.js';
export * from './jobs/job-runner.js';
export * from './jobs/job-service.js';
export * from './jobs/open-job-system.js';
export * from './jobs/queue-runner.js';
export { QuotaExceededError } from './jobs/quotas.js';
export * from './jobs/shared-bus.js';
export * from './jobs/task.js';
export * from './jobs/transitions.js';
export * from './jobs/transport.js';
export {
  canonicalSatellite,
  knownSatellites,
  registerSatellites,
  type Satellite,
  satelliteNames,
  satellites,
} from './missions.js';
export { readMissionsFile } from './missions-file.js';
export * from './models/index.js';
export { type Monitor, type MonitorOptions, startMonitor } from './monitor/start-monitor.js';
export { createAllowList, isPublicAddress } from './net/address-ranges.js';
export * from './net/outbound-request.js';
export * from './net/public-target.js';
export * from './observations/index.js';
export * from './provenance/index.js';
export { type RunningServer, type StartOptions, startServer } from './server.js';
export * from './software.js';
export * from './storage/content-type.js';
export * from './storage/errors.js';
export { type FilePanelStore, openFilePanelStore } from './storage/file-panel-store.js';
export * from './storage/maintenance.js';
export * from './storage/object-key.js';
export * from './storage/object-lifetime.js';
export * from './storage/object-store.js';
export * from './storage/open-object-store.js';
export * from './storage/presign.js';
export * from './tasks/index.js';
export { createUploadId, findUpload, ownsUpload, uploadKey, uploadPrefix } from './uploads.js';
export { createWebhookSecret, signatureHeaders, verifySignature } from './webhooks/signature.js';
export * from './webhooks/webhook-sender.js';
export { type RunningWorker, startWorker, type WorkerOptions } from './worker.js';

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "person" (
    "id" UUID NOT NULL,
    "issuer" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "username" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "groups" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "person_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" UUID NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "person_id" UUID NOT NULL,
    "groups" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_token" (
    "id" UUID NOT NULL,
    "person_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "workspace" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "access_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_event" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor" TEXT NOT NULL,
    "workspace" TEXT,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "before" JSONB,
    "after" JSONB,

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "unconfirmed_call" (
    "key" BYTEA NOT NULL,
    "actor" TEXT NOT NULL,
    "answer" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "unconfirmed_call_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "kube_event" (
    "uid" TEXT NOT NULL,
    "workspace" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "level" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "count" INTEGER NOT NULL,
    "source" TEXT,
    "object_kind" TEXT NOT NULL,
    "object_name" TEXT NOT NULL,
    "object_uid" TEXT,

    CONSTRAINT "kube_event_pkey" PRIMARY KEY ("uid")
);

-- CreateTable
CREATE TABLE "experiment" (
    "id" BIGSERIAL NOT NULL,
    "workspace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "lifecycle_stage" TEXT NOT NULL DEFAULT 'active',
    "artifact_location" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "experiment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "experiment_tag" (
    "experiment_id" BIGINT NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "experiment_tag_pkey" PRIMARY KEY ("experiment_id","key")
);

-- CreateTable
CREATE TABLE "run" (
    "id" TEXT NOT NULL,
    "number" BIGSERIAL NOT NULL,
    "experiment_id" BIGINT NOT NULL,
    "workspace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "lifecycle_stage" TEXT NOT NULL DEFAULT 'active',
    "user_name" TEXT NOT NULL DEFAULT '',
    "created_by" TEXT NOT NULL DEFAULT '',
    "start_time_ms" BIGINT,
    "end_time_ms" BIGINT,
    "deleted_at" TIMESTAMPTZ(3),
    "job_uid" TEXT,
    "pod_uid" TEXT,
    "retry_of" TEXT,

    CONSTRAINT "run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run_param" (
    "run_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "run_param_pkey" PRIMARY KEY ("run_id","key")
);

-- CreateTable
CREATE TABLE "run_tag" (
    "run_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "run_tag_pkey" PRIMARY KEY ("run_id","key")
);

-- CreateTable
CREATE TABLE "metric_key" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "metric_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "metric_point" (
    "run_number" BIGINT NOT NULL,
    "key_id" INTEGER NOT NULL,
    "step" BIGINT NOT NULL,
    "time_ms" BIGINT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "is_nan" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "metric_point_pkey" PRIMARY KEY ("run_number","key_id","step","time_ms","value","is_nan")
);

-- CreateTable
CREATE TABLE "latest_metric" (
    "run_number" BIGINT NOT NULL,
    "key_id" INTEGER NOT NULL,
    "step" BIGINT NOT NULL,
    "time_ms" BIGINT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "is_nan" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "latest_metric_pkey" PRIMARY KEY ("run_number","key_id")
);

-- CreateTable
CREATE TABLE "dataset" (
    "id" UUID NOT NULL,
    "workspace" TEXT NOT NULL,
    "experiment_id" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "source_type" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "schema" TEXT,
    "profile" TEXT,

    CONSTRAINT "dataset_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run_input" (
    "run_id" TEXT NOT NULL,
    "dataset_id" UUID NOT NULL,
    "tags" JSONB NOT NULL DEFAULT '[]',

    CONSTRAINT "run_input_pkey" PRIMARY KEY ("run_id","dataset_id")
);

-- CreateTable
CREATE TABLE "logged_model" (
    "id" TEXT NOT NULL,
    "experiment_id" BIGINT NOT NULL,
    "workspace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "status_message" TEXT,
    "model_type" TEXT,
    "source_run_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),
    "params" JSONB NOT NULL DEFAULT '{}',
    "tags" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "logged_model_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run_output" (
    "run_id" TEXT NOT NULL,
    "model_id" TEXT NOT NULL,
    "step" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "run_output_pkey" PRIMARY KEY ("run_id","model_id")
);

-- CreateTable
CREATE TABLE "run_model_input" (
    "run_id" TEXT NOT NULL,
    "model_id" TEXT NOT NULL,

    CONSTRAINT "run_model_input_pkey" PRIMARY KEY ("run_id","model_id")
);

-- CreateTable
CREATE TABLE "logged_model_metric" (
    "model_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "step" BIGINT NOT NULL,
    "time_ms" BIGINT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "is_nan" BOOLEAN NOT NULL DEFAULT false,
    "run_id" TEXT NOT NULL,
    "dataset_name" TEXT NOT NULL DEFAULT '',
    "dataset_digest" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "logged_model_metric_pkey" PRIMARY KEY ("model_id","key","step","time_ms","value","is_nan","run_id")
);

-- CreateTable
CREATE TABLE "inference_request" (
    "id" BIGSERIAL NOT NULL,
    "workspace" TEXT NOT NULL,
    "endpoint" TEXT NOT NULL,
    "endpoint_uid" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "revision" TEXT NOT NULL,
    "model" TEXT,
    "model_version" INTEGER,
    "protocol" TEXT NOT NULL,
    "caller" TEXT NOT NULL,
    "status" INTEGER NOT NULL,
    "latency_ms" DOUBLE PRECISION NOT NULL,
    "rows" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "inference_request_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "prediction" (
    "id" BIGSERIAL NOT NULL,
    "workspace" TEXT NOT NULL,
    "endpoint" TEXT NOT NULL,
    "endpoint_uid" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "row_index" INTEGER NOT NULL,
    "revision" TEXT NOT NULL,
    "model" TEXT,
    "model_version" INTEGER,
    "features" JSONB NOT NULL,
    "prediction" JSONB NOT NULL,
    "scores" JSONB,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "latency_ms" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "prediction_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "prediction_label" (
    "endpoint_uid" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "row_index" INTEGER NOT NULL,
    "workspace" TEXT NOT NULL,
    "label" JSONB NOT NULL,
    "labelled_by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "prediction_label_pkey" PRIMARY KEY ("endpoint_uid","request_id","row_index")
);

-- CreateTable
CREATE TABLE "drift_report" (
    "id" BIGSERIAL NOT NULL,
    "workspace" TEXT NOT NULL,
    "endpoint" TEXT NOT NULL,
    "endpoint_uid" TEXT NOT NULL,
    "model_version" INTEGER,
    "computed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "rows" INTEGER NOT NULL,
    "last_prediction_id" BIGINT NOT NULL,
    "share" DOUBLE PRECISION NOT NULL,
    "drifted" BOOLEAN NOT NULL,
    "reference" TEXT NOT NULL,
    "features" JSONB NOT NULL,

    CONSTRAINT "drift_report_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "setting" (
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "setting_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "registered_model" (
    "id" UUID NOT NULL,
    "workspace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "tags" JSONB NOT NULL DEFAULT '{}',
    "last_version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "registered_model_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "model_version" (
    "model_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "stage" TEXT NOT NULL DEFAULT 'None',
    "status" TEXT NOT NULL DEFAULT 'READY',
    "status_message" TEXT,
    "description" TEXT NOT NULL DEFAULT '',
    "source" TEXT NOT NULL,
    "storage_uri" TEXT NOT NULL DEFAULT '',
    "run_id" TEXT,
    "logged_model_id" TEXT,
    "run_link" TEXT,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "tags" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "model_version_pkey" PRIMARY KEY ("model_id","version")
);

-- CreateTable
CREATE TABLE "model_alias" (
    "model_id" UUID NOT NULL,
    "alias" TEXT NOT NULL,
    "version" INTEGER NOT NULL,

    CONSTRAINT "model_alias_pkey" PRIMARY KEY ("model_id","alias")
);

-- CreateTable
CREATE TABLE "stage_gate" (
    "model_id" UUID NOT NULL,
    "stage" TEXT NOT NULL,
    "metric" TEXT NOT NULL,
    "higher_is_better" BOOLEAN NOT NULL,
    "minimum" DOUBLE PRECISION,
    "minimum_improvement" DOUBLE PRECISION NOT NULL,
    "baseline_run_id" TEXT,

    CONSTRAINT "stage_gate_pkey" PRIMARY KEY ("model_id","stage")
);

-- CreateTable
CREATE TABLE "stage_transition" (
    "id" UUID NOT NULL,
    "model_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "from_stage" TEXT NOT NULL,
    "to_stage" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "requested_by" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "decided_by" TEXT,
    "decided_at" TIMESTAMPTZ(3),
    "reason" TEXT NOT NULL DEFAULT '',
    "gate" JSONB,

    CONSTRAINT "stage_transition_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "endpoint" (
    "uid" TEXT NOT NULL,
    "workspace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "reason" TEXT,
    "message" TEXT,
    "status_since" TIMESTAMPTZ(3),
    "url" TEXT,
    "model" TEXT,
    "model_version" INTEGER,
    "revision" TEXT,
    "framework" TEXT NOT NULL,
    "manifest" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "endpoint_pkey" PRIMARY KEY ("uid")
);

-- CreateTable
CREATE TABLE "job" (
    "uid" TEXT NOT NULL,
    "workspace" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "reason" TEXT,
    "message" TEXT,
    "status_since" TIMESTAMPTZ(3),
    "created_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "failed_pods" INTEGER NOT NULL DEFAULT 0,
    "backoff_limit" INTEGER,
    "manifest" JSONB NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "job_pkey" PRIMARY KEY ("uid")
);

-- CreateTable
CREATE TABLE "job_pod" (
    "uid" TEXT NOT NULL,
    "job_uid" TEXT NOT NULL,
    "workspace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "reason" TEXT,
    "message" TEXT,
    "status_since" TIMESTAMPTZ(3),
    "node" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "exit_code" INTEGER,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "job_pod_pkey" PRIMARY KEY ("uid")
);

-- CreateTable
CREATE TABLE "log_stream" (
    "pod_uid" TEXT NOT NULL,
    "container" TEXT NOT NULL,
    "restart" INTEGER NOT NULL DEFAULT 0,
    "workspace" TEXT NOT NULL,
    "pod" TEXT NOT NULL,
    "last_at" TIMESTAMPTZ(6),
    "last_count" INTEGER NOT NULL DEFAULT 0,
    "complete" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "log_stream_pkey" PRIMARY KEY ("pod_uid","container","restart")
);

-- CreateTable
CREATE TABLE "log_line" (
    "id" BIGSERIAL NOT NULL,
    "pod_uid" TEXT NOT NULL,
    "container" TEXT NOT NULL,
    "restart" INTEGER NOT NULL DEFAULT 0,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "text" TEXT NOT NULL,

    CONSTRAINT "log_line_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "person_username_key" ON "person"("username");

-- CreateIndex
CREATE UNIQUE INDEX "person_issuer_subject_key" ON "person"("issuer", "subject");

-- CreateIndex
CREATE UNIQUE INDEX "session_secret_hash_key" ON "session"("secret_hash");

-- CreateIndex
CREATE INDEX "session_person_id_idx" ON "session"("person_id");

-- CreateIndex
CREATE INDEX "session_expires_at_idx" ON "session"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "access_token_secret_hash_key" ON "access_token"("secret_hash");

-- CreateIndex
CREATE INDEX "access_token_person_id_idx" ON "access_token"("person_id");

-- CreateIndex
CREATE INDEX "audit_event_workspace_id_idx" ON "audit_event"("workspace", "id" DESC);

-- CreateIndex
CREATE INDEX "unconfirmed_call_created_at_idx" ON "unconfirmed_call"("created_at");

-- CreateIndex
CREATE INDEX "kube_event_workspace_at_idx" ON "kube_event"("workspace", "at" DESC);

-- CreateIndex
CREATE INDEX "kube_event_object_uid_idx" ON "kube_event"("object_uid");

-- CreateIndex
CREATE UNIQUE INDEX "experiment_workspace_name_key" ON "experiment"("workspace", "name");

-- CreateIndex
CREATE UNIQUE INDEX "run_number_key" ON "run"("number");

-- CreateIndex
CREATE INDEX "run_experiment_id_start_time_ms_id_idx" ON "run"("experiment_id", "start_time_ms" DESC, "id");

-- CreateIndex
CREATE INDEX "run_job_uid_idx" ON "run"("job_uid");

-- CreateIndex
CREATE INDEX "run_pod_uid_idx" ON "run"("pod_uid");

-- CreateIndex
CREATE UNIQUE INDEX "metric_key_name_key" ON "metric_key"("name");

-- CreateIndex
CREATE INDEX "latest_metric_key_id_value_idx" ON "latest_metric"("key_id", "value");

-- CreateIndex
CREATE INDEX "dataset_workspace_digest_idx" ON "dataset"("workspace", "digest");

-- CreateIndex
CREATE UNIQUE INDEX "dataset_experiment_id_name_digest_key" ON "dataset"("experiment_id", "name", "digest");

-- CreateIndex
CREATE INDEX "logged_model_experiment_id_created_at_idx" ON "logged_model"("experiment_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "logged_model_source_run_id_idx" ON "logged_model"("source_run_id");

-- CreateIndex
CREATE INDEX "inference_request_workspace_endpoint_at_idx" ON "inference_request"("workspace", "endpoint", "at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "inference_request_endpoint_uid_request_id_key" ON "inference_request"("endpoint_uid", "request_id");

-- CreateIndex
CREATE INDEX "prediction_endpoint_uid_id_idx" ON "prediction"("endpoint_uid", "id" DESC);

-- CreateIndex
CREATE INDEX "prediction_workspace_endpoint_at_idx" ON "prediction"("workspace", "endpoint", "at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "prediction_endpoint_uid_request_id_row_index_key" ON "prediction"("endpoint_uid", "request_id", "row_index");

-- CreateIndex
CREATE INDEX "drift_report_endpoint_uid_computed_at_idx" ON "drift_report"("endpoint_uid", "computed_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "registered_model_workspace_name_key" ON "registered_model"("workspace", "name");

-- CreateIndex
CREATE INDEX "model_version_run_id_idx" ON "model_version"("run_id");

-- CreateIndex
CREATE INDEX "stage_transition_model_id_version_requested_at_idx" ON "stage_transition"("model_id", "version", "requested_at");

-- CreateIndex
CREATE INDEX "endpoint_workspace_created_at_uid_idx" ON "endpoint"("workspace", "created_at" DESC, "uid");

-- CreateIndex
CREATE INDEX "endpoint_workspace_name_idx" ON "endpoint"("workspace", "name");

-- CreateIndex
CREATE INDEX "job_workspace_created_at_uid_idx" ON "job"("workspace", "created_at" DESC, "uid");

-- CreateIndex
CREATE INDEX "job_pod_job_uid_attempt_idx" ON "job_pod"("job_uid", "attempt");

-- CreateIndex
CREATE INDEX "log_line_pod_uid_id_idx" ON "log_line"("pod_uid", "id");

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "access_token" ADD CONSTRAINT "access_token_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "experiment_tag" ADD CONSTRAINT "experiment_tag_experiment_id_fkey" FOREIGN KEY ("experiment_id") REFERENCES "experiment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_experiment_id_fkey" FOREIGN KEY ("experiment_id") REFERENCES "experiment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run_param" ADD CONSTRAINT "run_param_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run_tag" ADD CONSTRAINT "run_tag_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run_input" ADD CONSTRAINT "run_input_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run_input" ADD CONSTRAINT "run_input_dataset_id_fkey" FOREIGN KEY ("dataset_id") REFERENCES "dataset"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "logged_model" ADD CONSTRAINT "logged_model_experiment_id_fkey" FOREIGN KEY ("experiment_id") REFERENCES "experiment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model_version" ADD CONSTRAINT "model_version_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "registered_model"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model_alias" ADD CONSTRAINT "model_alias_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "registered_model"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stage_gate" ADD CONSTRAINT "stage_gate_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "registered_model"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stage_transition" ADD CONSTRAINT "stage_transition_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "registered_model"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "job_pod" ADD CONSTRAINT "job_pod_job_uid_fkey" FOREIGN KEY ("job_uid") REFERENCES "job"("uid") ON DELETE CASCADE ON UPDATE CASCADE;



-- CreateTable
CREATE TABLE "pod_series" (
    "id" BIGSERIAL NOT NULL,
    "pod_uid" TEXT NOT NULL,
    "job_uid" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "seen" INTEGER NOT NULL,
    "stride" INTEGER NOT NULL DEFAULT 1,
    "last_step" DOUBLE PRECISION,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "last_value" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "pod_series_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pod_sample" (
    "series_id" BIGINT NOT NULL,
    "n" INTEGER NOT NULL,
    "step" DOUBLE PRECISION,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "pod_sample_pkey" PRIMARY KEY ("series_id","n")
);

-- CreateTable
CREATE TABLE "object_creator" (
    "uid" TEXT NOT NULL,
    "username" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "object_creator_pkey" PRIMARY KEY ("uid")
);

-- CreateIndex
CREATE INDEX "pod_series_job_uid_idx" ON "pod_series"("job_uid");

-- CreateIndex
CREATE UNIQUE INDEX "pod_series_pod_uid_source_name_key" ON "pod_series"("pod_uid", "source", "name");

-- CreateIndex
CREATE INDEX "object_creator_at_idx" ON "object_creator"("at");

-- AddForeignKey
ALTER TABLE "pod_sample" ADD CONSTRAINT "pod_sample_series_id_fkey" FOREIGN KEY ("series_id") REFERENCES "pod_series"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AlterTable
ALTER TABLE "job" ADD COLUMN     "progress" DOUBLE PRECISION,
ADD COLUMN     "replicas_ready" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "replicas_total" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "resources" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "retries" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "job_pod" ADD COLUMN     "environment" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "replica_index" INTEGER,
ADD COLUMN     "replica_type" TEXT;

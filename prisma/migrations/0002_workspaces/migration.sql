-- AlterTable
ALTER TABLE "person" ADD COLUMN     "disabled_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "session" ADD COLUMN     "view_as_id" UUID,
ADD COLUMN     "view_until" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "workspace_request" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "requested_by" TEXT NOT NULL,
    "note" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "decided_by" TEXT,
    "decided_at" TIMESTAMPTZ(3),
    "reason" TEXT,

    CONSTRAINT "workspace_request_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "workspace_request_requested_by_idx" ON "workspace_request"("requested_by");

-- CreateIndex
CREATE INDEX "workspace_request_state_created_at_idx" ON "workspace_request"("state", "created_at");

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_view_as_id_fkey" FOREIGN KEY ("view_as_id") REFERENCES "person"("id") ON DELETE SET NULL ON UPDATE CASCADE;

import type { Metadata } from 'next'
import { kindOfParams } from '@/features/objects/object-address.ts'
import { ObjectList } from '@/features/objects/object-list.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Objects' }

type Props = { params: Promise<{ workspace: string; group: string; version: string; plural: string }> }

export default async function ObjectsOfKindPage({ params }: Props) {
  const { workspace, ...rest } = await params
  const kind = kindOfParams(rest)
  const where = { workspace: decodeURIComponent(workspace), ...kind }
  return (
    <Prefetch queries={(trpc) => [trpc.objects.list.queryOptions(where)]}>
      <ObjectList workspace={where.workspace} kind={kind} />
    </Prefetch>
  )
}

'use client'
import { PanelSkeleton } from '@keelson/ui/skeleton'
import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { useSearchParams } from 'next/navigation'
import { createSnippets } from '@/features/snippets.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { Commands } from '@/view/commands.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { mayCreateAny } from './may-create.ts'
import { apiVersionOf } from './object-address.ts'

const CreateObject = dynamic(() => import('./create-object.tsx').then((module) => module.CreateObject), {
  ssr: false,
  loading: () => <PanelSkeleton />,
})

/** `?of=apps/v1/deployments` begins with that kind. */
export function NewObject({ workspace }: { workspace: string | null }) {
  const trpc = useTRPC()
  const of = useSearchParams().get('of') ?? 'core/v1/configmaps'
  const kinds = useQuery(trpc.objects.kinds.queryOptions({ workspace }))
  return (
    <>
      <PageHead
        title="New object"
        hint={workspace === null ? 'In the whole cluster, as you.' : `In ${workspace}, as you.`}
      />
      <Loaded query={kinds}>
        {(all) => {
          const kind = all.find((each) => `${each.group || 'core'}/${each.version}/${each.plural}` === of)
          const begun = kind ?? { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true }
          return (
            <>
              <CreateObject
                workspace={workspace}
                skeleton={skeletonOf(workspace, begun)}
                decision={kind?.create.allowed === false ? kind.create : mayCreateAny(all)}
              />
              <Commands snippets={createSnippets(begun.namespaced ? (workspace ?? 'default') : null, begun)} />
            </>
          )
        }}
      </Loaded>
    </>
  )
}

function skeletonOf(
  workspace: string | null,
  kind: { group: string; version: string; kind: string; namespaced: boolean },
): string {
  const namespace = kind.namespaced ? `\n  namespace: ${workspace ?? 'default'}` : ''
  const name = kind.kind.toLowerCase()
  const apiVersion = apiVersionOf({ ...kind, plural: '' })
  return `apiVersion: ${apiVersion}\nkind: ${kind.kind}\nmetadata:\n  name: my-${name}${namespace}\n`
}

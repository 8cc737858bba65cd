'use client'
import { PanelSkeleton } from '@keelson/ui/skeleton'
import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { objectSnippets } from '@/features/snippets.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { Commands } from '@/view/commands.tsx'
import { Loaded } from '@/view/loaded.tsx'
import type { ObjectAddress } from './object-address.ts'
import { useObjectWatch } from './use-object-watch.ts'

const ObjectEditor = dynamic(() => import('./object-editor.tsx').then((module) => module.ObjectEditor), {
  ssr: false,
  loading: () => <PanelSkeleton />,
})

/** The YAML of an object on a page of its own area, live and to be edited. */
export function ObjectYaml({ address }: { address: ObjectAddress }) {
  const trpc = useTRPC()
  useObjectWatch(address)
  const object = useQuery(trpc.objects.get.queryOptions({ ...address, reveal: false }))
  return (
    <Loaded query={object}>
      {(detail) => (
        <>
          <ObjectEditor key={detail.uid} address={address} detail={detail} reveal={false} />
          <Commands snippets={objectSnippets(address, detail.kind.kind)} />
        </>
      )}
    </Loaded>
  )
}

'use client'
import { Button } from '@keelson/ui/button'
import { EmptyState } from '@keelson/ui/empty-state'
import { PanelSkeleton } from '@keelson/ui/skeleton'
import { useQuery } from '@tanstack/react-query'
import { Cable } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { useUrlState } from '@/view/url-state.ts'

const Graph = dynamic(() => import('./lineage-graph.tsx').then((module) => module.LineageGraph), {
  ssr: false,
  loading: () => <PanelSkeleton className="h-[70vh]" />,
})

/** From data to prediction, of the whole workspace or around one thing. */
export function LineageView({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const [focus, setFocus] = useUrlState('focus', '')
  const lineage = useQuery(trpc.lineage.get.queryOptions({ workspace, ...(focus ? { focus } : {}) }))
  return (
    <>
      <PageHead
        title="Lineage"
        hint={focus ? 'Around one thing' : 'From data to prediction; each box leads to its page'}
        actions={focus ? <Button onClick={() => setFocus('')}>Show the whole workspace</Button> : null}
      />
      <Loaded query={lineage} skeleton={<PanelSkeleton className="h-[70vh]" />}>
        {(graph) =>
          graph.nodes.length === 0 ? (
            <EmptyState icon={<Cable />} title="Nothing to draw yet">
              The graph draws itself: a run that reads a dataset, a version made of the run, an endpoint that serves the
              version.
            </EmptyState>
          ) : (
            <Graph graph={graph} focus={focus} className="h-[calc(100vh-10rem)] min-h-96" />
          )
        }
      </Loaded>
    </>
  )
}

'use client'
import { Button } from '@keelson/ui/button'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { Tabs } from '@keelson/ui/tabs'
import { useQuery } from '@tanstack/react-query'
import { Braces } from 'lucide-react'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useTRPC } from '@/trpc/client.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { objectsPath } from '@/view/paths.ts'
import { useUrlState } from '@/view/url-state.ts'

const loading = () => <TableSkeleton rows={5} />
const People = dynamic(() => import('./people.tsx').then((module) => module.People), { ssr: false, loading })
const Groups = dynamic(() => import('./groups.tsx').then((module) => module.Groups), { ssr: false, loading })
const Workspaces = dynamic(() => import('./workspaces.tsx').then((module) => module.Workspaces), {
  ssr: false,
  loading,
})
const Requests = dynamic(() => import('./requests.tsx').then((module) => module.Requests), { ssr: false, loading })
const Workloads = dynamic(() => import('./workloads.tsx').then((module) => module.Workloads), { ssr: false, loading })
const Kinds = dynamic(() => import('./kinds.tsx').then((module) => module.Kinds), { ssr: false, loading })
const AuditTrail = dynamic(() => import('./audit-trail.tsx').then((module) => module.AuditTrail), {
  ssr: false,
  loading,
})

/** The operators' area: everybody, everything that runs, and what was done. */
export function AdminView() {
  const trpc = useTRPC()
  const [tab, setTab] = useUrlState('tab', 'people')
  const waiting = useQuery(trpc.admin.requests.queryOptions()).data?.filter((each) => each.state === 'pending').length
  return (
    <>
      <PageHead
        title="Administration"
        hint="The whole installation. What is done here stands in the audit trail."
        actions={
          <Button asChild>
            <Link href={objectsPath(null)}>
              <Braces />
              Objects of the cluster
            </Link>
          </Button>
        }
      />
      <Tabs
        label="Administration"
        value={tab}
        onChange={setTab}
        tabs={[
          { id: 'people', label: 'People', content: <People /> },
          { id: 'groups', label: 'Groups', content: <Groups /> },
          { id: 'workspaces', label: 'Workspaces', content: <Workspaces /> },
          { id: 'requests', label: waiting ? `Registration (${waiting})` : 'Registration', content: <Requests /> },
          { id: 'workloads', label: 'Workloads', content: <Workloads /> },
          { id: 'kinds', label: 'Kinds', content: <Kinds /> },
          { id: 'audit', label: 'Audit trail', content: <AuditTrail /> },
        ]}
      />
    </>
  )
}

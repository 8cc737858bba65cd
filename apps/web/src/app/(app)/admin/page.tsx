import type { Metadata } from 'next'
import { AdminView } from '@/features/admin/admin-view.tsx'
import { visitor } from '@/trpc/server.tsx'
import { NoAccess } from '@/view/no-access.tsx'

export const metadata: Metadata = { title: 'Administration' }

/** Whether one is an operator decides each answer of the gateway again; this only keeps an empty page from others. */
export default async function AdminPage() {
  const me = await visitor()
  if (!me.isAdmin) {
    return (
      <NoAccess
        error={{ code: 'forbidden', message: 'Administration is for the operators of this installation.' }}
        whom="Operators are the identity provider’s group keelson-admins and the cluster’s administrators: ask one of them."
      />
    )
  }
  return <AdminView />
}

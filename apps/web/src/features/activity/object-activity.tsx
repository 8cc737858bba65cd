'use client'
import { Card } from '@keelson/ui/card'
import { useQuery } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { ActivityItems } from './activity-items.tsx'

type Props = { workspace: string; objectUid?: string; objectKind?: string; objectName?: string }

/** The events and changes of one object. */
export function ObjectActivity(props: Props) {
  const trpc = useTRPC()
  const activity = useQuery(trpc.activity.list.queryOptions({ ...props, limit: 100 }))
  return (
    <Card className="px-4 py-1">
      <Loaded query={activity}>{(page) => <ActivityItems items={page.items} workspace={props.workspace} />}</Loaded>
    </Card>
  )
}

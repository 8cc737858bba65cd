'use client'
import type { NotebookDetail } from '@keelson/contracts/notebooks'
import { Badge } from '@keelson/ui/badge'
import { Card, Facts, Panel } from '@keelson/ui/card'
import { Copyable } from '@keelson/ui/copyable'
import { PermissionButton } from '@keelson/ui/permission-button'
import { RelativeTime } from '@keelson/ui/relative-time'
import { useCan } from '@/view/can.ts'
import { objectPath } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { Who } from '@/view/who.tsx'
import { useNotebookActions } from './use-notebook-actions.ts'

const pods = { group: '', version: 'v1', plural: 'pods' }
const claims = { group: '', version: 'v1', plural: 'persistentvolumeclaims' }

const withLimit = (request: string | null, limit: string | null) =>
  `${request ?? 'none asked for'}${limit === null || limit === request ? '' : `, at most ${limit}`}`

export function NotebookOverview({ detail }: { detail: NotebookDetail }) {
  const { notebook, pod, cpuLimit, memoryLimit, serviceAccount, environment, conditions } = detail
  const { workspace, image, cpu, memory, gpus, volumes } = notebook
  return (
    <div className="grid gap-4">
      <Card className="grid gap-x-10 gap-y-2 p-4 lg:grid-cols-2">
        <Facts
          items={[
            ['Image', <Copyable key="image" text={image} />],
            ['CPU', withLimit(cpu, cpuLimit)],
            ['Memory', withLimit(memory, memoryLimit)],
            ['GPU', gpus.map(({ key, count }) => `${count} ${key}`).join(', ') || 'none'],
            ['Runs as', serviceAccount],
          ]}
        />
        <Facts
          items={[
            ['Created', <RelativeTime key="created" at={notebook.createdAt} />],
            ['By', notebook.createdBy ? <Who name={notebook.createdBy} /> : null],
            ['Last activity', <RelativeTime key="active" at={notebook.lastActivityAt} />],
            ['When idle', <Culling key="culling" detail={detail} />],
            [
              'Pod',
              pod === null ? null : (
                <TextLink key="pod" href={objectPath(workspace, pods, pod.name)}>
                  {pod.name}
                  {pod.node ? ` on ${pod.node}` : ''}
                </TextLink>
              ),
            ],
          ]}
        />
      </Card>
      <Panel title="Volumes" hint="They stay when the notebook is stopped or deleted">
        <Facts
          items={volumes.map(({ name, mount, claim, readOnly }) => [
            mount,
            <span key={name} className="inline-flex items-center gap-2">
              {claim === null ? (
                <span className="text-fg-muted">{name}: scratch space, empty at each start</span>
              ) : (
                <TextLink href={objectPath(workspace, claims, claim)}>{claim}</TextLink>
              )}
              {readOnly ? <Badge>only to read</Badge> : null}
            </span>,
          ])}
        />
        {volumes.length === 0 ? (
          <p className="text-[13px] text-fg-muted">None: what is saved ends with the pod.</p>
        ) : null}
      </Panel>
      {environment.length > 0 ? (
        <Panel title="Environment">
          <Facts
            items={environment.map(({ name, value }) => [
              name,
              value === null ? <span className="text-fg-subtle">from elsewhere</span> : <code key={name}>{value}</code>,
            ])}
          />
        </Panel>
      ) : null}
      {conditions.length > 0 ? (
        <Panel title="Conditions" hint="As the cluster says them">
          <Facts
            items={conditions.map(({ type, status, reason, message }) => [
              type,
              [status, reason, message].filter(Boolean).join(' · '),
            ])}
          />
        </Panel>
      ) : null}
    </div>
  )
}

function Culling({ detail: { notebook } }: { detail: NotebookDetail }) {
  const { workspace, name, culling } = notebook
  const decision = useCan(workspace)('changeNotebook')
  const { setCulling, isPending } = useNotebookActions()
  return (
    <span className="inline-flex items-center gap-2">
      {culling.isOn ? 'stopped, where this installation stops idle servers' : 'keeps running'}
      <PermissionButton
        variant="link"
        size="sm"
        decision={decision}
        disabled={isPending}
        onClick={() => setCulling({ workspace, name, isOn: !culling.isOn })}
      >
        {culling.isOn ? 'Keep it running' : 'Let it be stopped'}
      </PermissionButton>
    </span>
  )
}

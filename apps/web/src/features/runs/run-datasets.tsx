import type { RunDataset } from '@keelson/contracts/experiments'
import { Badge } from '@keelson/ui/badge'
import { Panel } from '@keelson/ui/card'
import { Copyable } from '@keelson/ui/copyable'

/** The data that a run read, as the client described it. */
export function RunDatasets({ datasets }: { datasets: readonly RunDataset[] }) {
  return (
    <Panel title={`Data (${datasets.length})`} bodyClassName="p-0">
      {datasets.length === 0 ? (
        <p className="p-4 text-[13px] text-fg-muted">
          No dataset was logged. mlflow.log_input records one, with its digest.
        </p>
      ) : null}
      <ul className="divide-y divide-line">
        {datasets.map((one) => (
          <li key={`${one.name}${one.digest}${one.context}`} className="grid gap-0.5 px-4 py-2 text-[13px]">
            <span className="flex items-center gap-2">
              <span className="font-medium">{one.name}</span>
              {one.context ? <Badge>{one.context}</Badge> : null}
            </span>
            <span className="flex items-center gap-1 text-xs text-fg-muted">
              digest <Copyable text={one.digest} />
            </span>
            {one.profile ? (
              <span className="truncate font-mono text-xs text-fg-subtle" title={one.profile}>
                {one.profile}
              </span>
            ) : null}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

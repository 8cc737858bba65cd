import type { Run } from '@keelson/contracts/experiments'
import { Button } from '@keelson/ui/button'
import { Panel } from '@keelson/ui/card'
import { Bars } from '@keelson/ui/histogram'
import { keysOf } from './run-columns.tsx'

/** The selected runs side by side: each metric as bars, and only those parameters that differ. */
export function CompareRuns({ runs, onClear }: { runs: readonly Run[]; onClear: () => void }) {
  const keys = keysOf(runs)
  const param = (run: Run, key: string) => run.params.find((one) => one.key === key)?.value ?? '–'
  const different = keys.params.filter((key) => new Set(runs.map((run) => param(run, key))).size > 1)
  return (
    <Panel
      title={`Compare ${runs.length} runs`}
      hint="differing parameters only"
      className="mb-3"
      actions={
        <Button size="sm" onClick={onClear}>
          Clear the selection
        </Button>
      }
    >
      <div className="grid gap-x-8 gap-y-4 lg:grid-cols-2 xl:grid-cols-3">
        {keys.metrics.map((key) => (
          <section key={key}>
            <h3 className="mb-1.5 text-xs font-medium text-fg-subtle">{key}</h3>
            <Bars
              best={/loss|error|mse|mae/i.test(key) ? 'lowest' : 'highest'}
              items={runs.flatMap((run) =>
                run.metrics
                  .filter((metric) => metric.key === key && Number.isFinite(metric.value))
                  .map((metric) => ({ label: `${run.name} ${run.id.slice(0, 4)}`, value: metric.value })),
              )}
            />
          </section>
        ))}
      </div>
      {different.length > 0 ? (
        <table className="mt-4 w-full text-left text-[13px]">
          <caption className="sr-only">Differing parameters</caption>
          <thead>
            <tr className="text-xs text-fg-subtle">
              <th scope="col" className="py-1 font-medium">
                Parameter
              </th>
              {runs.map((run) => (
                <th key={run.id} scope="col" className="py-1 font-medium">
                  {run.name} {run.id.slice(0, 4)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {different.map((key) => (
              <tr key={key} className="border-t border-line">
                <th scope="row" className="py-1 font-normal text-fg-muted">
                  {key}
                </th>
                {runs.map((run) => (
                  <td key={run.id} className="py-1">
                    {param(run, key)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </Panel>
  )
}

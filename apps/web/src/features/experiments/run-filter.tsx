'use client'
import { Button } from '@keelson/ui/button'
import { Input } from '@keelson/ui/input'
import { Search } from 'lucide-react'
import { useState } from 'react'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { setUrl } from '@/view/url-state.ts'

const examples = [
  'metrics.roc_auc > 0.83',
  "params.model = 'gradient-boosting'",
  "attributes.status = 'FINISHED'",
  "tags.mlflow.user LIKE '%editor'",
]

/** MLflow's own search grammar: what works in `mlflow.search_runs` works here. Sent with Enter. */
export function RunFilter({ filter, error }: { filter: string; error: unknown }) {
  const [text, setText] = useState(filter)
  const fault = error ? errorBodyOf(error) : null
  return (
    <form
      className="mb-3 grid gap-1.5"
      onSubmit={(event) => {
        event.preventDefault()
        setUrl({ filter: text.trim() })
      }}
    >
      <div className="flex gap-2">
        <Input
          data-filter
          aria-label="Filter runs"
          spellCheck={false}
          placeholder={`${examples[0]} AND ${examples[1]}`}
          className="font-mono text-xs"
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-invalid={fault !== null}
        />
        <Button type="submit">
          <Search />
          Filter
        </Button>
      </div>
      {fault ? (
        <p role="alert" className="text-xs text-danger">
          {fault.message || 'The filter could not be used.'}
        </p>
      ) : (
        <p className="flex flex-wrap gap-x-3 text-xs text-fg-subtle">
          For example
          {examples.map((example) => (
            <button
              key={example}
              type="button"
              className="rounded font-mono hover:text-fg"
              onClick={() => setText(text ? `${text} AND ${example}` : example)}
            >
              {example}
            </button>
          ))}
        </p>
      )}
    </form>
  )
}

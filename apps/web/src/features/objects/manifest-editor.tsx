'use client'
import type { ErrorBody } from '@keelson/contracts/errors'
import { Button } from '@keelson/ui/button'
import { CodeEditor, type CodeEditorHandle, type CodeMark } from '@keelson/ui/code-editor'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { plural } from '@keelson/ui/format'
import { CircleCheck, CircleX, TriangleAlert } from 'lucide-react'
import { type ReactNode, useMemo, useRef, useState } from 'react'
import { lineOf } from './schema/yaml-text.ts'
import { serverMarks } from './server-marks.ts'
import { namedIn, useManifestHelp } from './use-manifest-help.ts'

const shownMarks = 8

type Props = {
  label: string
  text: string
  /** Counts the texts that came from elsewhere than the keyboard. */
  revision: number
  onChange: (text: string) => void
  onSave: () => void
  /** What the server said of the text that it was last asked about. */
  refused: { text: string; error: ErrorBody } | null
  readOnly?: boolean
  actions: ReactNode
}

/** The editor with what is wrong below it, each remark with the way to its line. */
export function ManifestEditor({ label, text, revision, onChange, onSave, refused, readOnly = false, actions }: Props) {
  const editor = useRef<CodeEditorHandle>(null)
  const [marks, setMarks] = useState<readonly CodeMark[]>([])
  const faults = useMemo(
    () => (refused ? { text: refused.text, marks: serverMarks(refused.text, refused.error) } : { text: '', marks: [] }),
    [refused],
  )
  const name = namedIn(text)
  const named = useMemo(
    () => (name === null ? null : { apiVersion: name.apiVersion, kind: name.kind }),
    [name?.apiVersion, name?.kind, name === null],
  )
  const help = useManifestHelp(named, faults)
  const isRefused = refused !== null && refused.text === text
  return (
    <div className="grid gap-3">
      <CodeEditor
        ref={editor}
        label={label}
        value={text}
        revision={revision}
        onChange={onChange}
        onSave={onSave}
        onMarks={setMarks}
        help={help}
        readOnly={readOnly}
        className="h-[max(20rem,calc(100vh-22rem))]"
      />
      <div className="flex flex-wrap items-center gap-2">
        <Verdict marks={marks} readOnly={readOnly} />
        <div className="ml-auto flex flex-wrap items-center gap-2">{actions}</div>
      </div>
      {isRefused && faults.marks.length === 0 ? <ErrorPanel error={refused.error} /> : null}
      {marks.length > 0 ? (
        <Remarks
          marks={marks}
          text={text}
          refused={isRefused && faults.marks.length > 0}
          onGo={(mark) => editor.current?.reveal(mark.from)}
        />
      ) : null}
    </div>
  )
}

function Verdict({ marks, readOnly }: { marks: readonly CodeMark[]; readOnly: boolean }) {
  const errors = marks.filter(({ severity }) => severity === 'error').length
  const keys = (
    <span className="text-fg-subtle">
      {readOnly ? null : 'Ctrl Space completes, ⌘S reviews, Tab leaves the editor'}
    </span>
  )
  return (
    <p role="status" className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-fg-muted">
      {errors > 0 ? <span className="font-medium text-danger">{plural(errors, 'problem')}</span> : null}
      {marks.length - errors > 0 ? (
        <span className="font-medium text-warning">{plural(marks.length - errors, 'remark')}</span>
      ) : null}
      {marks.length === 0 && !readOnly ? (
        <span className="flex items-center gap-1">
          <CircleCheck aria-hidden className="size-3.5 text-success" />
          Nothing found wrong
        </span>
      ) : null}
      {keys}
    </p>
  )
}

type RemarksProps = {
  marks: readonly CodeMark[]
  text: string
  refused: boolean
  onGo: (mark: CodeMark) => void
}

function Remarks({ marks, text, refused, onGo }: RemarksProps) {
  const title = refused ? 'The cluster does not take it' : 'What is wrong'
  return (
    <section
      aria-label={title}
      role={refused ? 'alert' : undefined}
      className="grid gap-1 rounded-lg border border-line bg-surface px-4 py-3 text-[13px]"
    >
      <h2 className="font-semibold">{title}</h2>
      <ul className="grid gap-0.5">
        {marks.slice(0, shownMarks).map((mark) => (
          <li key={`${mark.from} ${mark.message}`} className="flex min-w-0 items-baseline gap-2">
            {mark.severity === 'error' ? (
              <CircleX aria-label="Error" className="size-3.5 shrink-0 translate-y-0.5 text-danger" />
            ) : (
              <TriangleAlert aria-label="Remark" className="size-3.5 shrink-0 translate-y-0.5 text-warning" />
            )}
            <Button variant="link" size="sm" className="tabular" onClick={() => onGo(mark)}>
              line {lineOf(text, mark.from)}
            </Button>
            <span className="min-w-0 break-words">{mark.message}</span>
          </li>
        ))}
      </ul>
      {marks.length > shownMarks ? (
        <p className="text-fg-subtle">and {marks.length - shownMarks} more in the editor</p>
      ) : null}
    </section>
  )
}

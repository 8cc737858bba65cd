'use client'
import { yaml } from '@codemirror/lang-yaml'
import { unifiedMergeView } from '@codemirror/merge'
import { EditorState } from '@codemirror/state'
import { EditorView, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { cn } from './cn.ts'
import { codeBox, codeTheme } from './code-theme.ts'

/** Beyond this many places or this long, the rest of two texts is told to differ rather than compared further. */
const limits = { scanLimit: 5_000, timeout: 1_000 }
const collapsed = { margin: 3, minSize: 6 }

/** What became of a text: lines that went and lines that came, in one column. Unchanged lines are folded unless `whole`. */
export function CodeDiff({
  label,
  before,
  after,
  whole = false,
  className,
}: {
  label: string
  before: string
  after: string
  whole?: boolean
  className?: string
}) {
  const host = useRef<HTMLDivElement>(null)
  // CodeMirror owns its part of the page: other texts are another view.
  useEffect(() => {
    const parent = host.current
    if (parent === null) return
    const view = new EditorView({
      parent,
      state: EditorState.create({
        doc: after,
        extensions: [
          lineNumbers(),
          EditorState.readOnly.of(true),
          EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': 'true', tabindex: '0' }),
          yaml(),
          codeTheme,
          unifiedMergeView({
            original: before,
            mergeControls: false,
            gutter: true,
            diffConfig: limits,
            ...(whole ? {} : { collapseUnchanged: collapsed }),
          }),
        ],
      }),
    })
    return () => view.destroy()
  }, [label, before, after, whole])
  return <div ref={host} className={cn(codeBox, className)} />
}

'use client'
import { autocompletion, type CompletionSource, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from '@codemirror/language'
import { type Diagnostic, forceLinting, linter, lintGutter, lintKeymap } from '@codemirror/lint'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { Compartment, EditorState, type Extension, StateEffect } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  hoverTooltip,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react'
import { cn } from './cn.ts'
import { codeBox, codeTheme } from './code-theme.ts'

/** A remark on a piece of the text; offsets count characters. */
export type CodeMark = { from: number; to: number; severity: 'error' | 'warning'; message: string }

export type CodeOption = { label: string; detail?: string; info?: string; insert: string }

/** What the editor asks about its text. The text is YAML; what its fields mean only the caller knows. */
export type CodeHelp = {
  marks: (text: string) => CodeMark[]
  /** What could stand at the cursor: it replaces the text from `from` on. */
  complete: (text: string, position: number) => { from: number; options: CodeOption[] } | null
  hint: (text: string, position: number) => { from: number; to: number; title: string; text: string } | null
}

export type CodeEditorHandle = { reveal: (position: number) => void; focus: () => void }

export type CodeEditorProps = {
  label: string
  /**
   * The text to begin with, taken up again whenever `revision` changes. In between the editor has its own: a value that comes back late
   * must not undo what was typed meanwhile.
   */
  value: string
  revision: number
  onChange: (value: string) => void
  help: CodeHelp
  /** ⌘S. */
  onSave?: () => void
  /** All remarks of the latest look at the text. */
  onMarks?: (marks: readonly CodeMark[]) => void
  readOnly?: boolean
  className?: string
  ref?: Ref<CodeEditorHandle>
}

/** A look at the text costs its length: a longer one is looked at less often. */
const lintAfterMs = (length: number) => (length > 200_000 ? 1_500 : 350)

/** Other help sees other things in the same text. */
const lookAgain = StateEffect.define<null>()

/** A YAML editor with help. Tab leaves it, as it leaves every field; ⌘] and ⌘[ indent (WCAG 2.1.2). */
export function CodeEditor(props: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const latest = useRef(props)
  latest.current = props
  const { revision, help, readOnly = false, label } = props
  const settings = useRef(new Compartment())

  // CodeMirror owns its part of the page from here on.
  useEffect(() => {
    const parent = host.current
    if (parent === null) return
    const made = new EditorView({
      parent,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          settings.current.of(settingsOf(latest.current)),
          ...basics(),
          ...helpers(() => latest.current),
          linter(
            (current) => {
              const marks = latest.current.help.marks(current.state.doc.toString())
              latest.current.onMarks?.(marks)
              return marks.map((mark) => inside(mark, current.state.doc.length))
            },
            {
              delay: lintAfterMs(latest.current.value.length),
              needsRefresh: (update) =>
                update.transactions.some((each) => each.effects.some((one) => one.is(lookAgain))),
            },
          ),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = made
    return () => made.destroy()
  }, [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the revision says when the text comes from outside
  useEffect(() => {
    const current = view.current
    const { value } = latest.current
    if (current === null || current.state.doc.toString() === value) return
    current.dispatch({ changes: { from: 0, to: current.state.doc.length, insert: value } })
  }, [revision])

  useEffect(() => {
    if (view.current === null || help === null) return
    view.current.dispatch({ effects: lookAgain.of(null) })
    forceLinting(view.current)
  }, [help])

  useEffect(() => {
    view.current?.dispatch({ effects: settings.current.reconfigure(settingsOf({ label, readOnly })) })
  }, [label, readOnly])

  useImperativeHandle(props.ref, () => ({
    focus: () => view.current?.focus(),
    reveal: (position) => {
      const current = view.current
      if (current === null) return
      const at = Math.min(position, current.state.doc.length)
      current.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) })
      current.focus()
    },
  }))
  return <div ref={host} className={cn(codeBox, props.className)} />
}

function settingsOf({ label, readOnly = false }: Pick<CodeEditorProps, 'label' | 'readOnly'>): Extension {
  return [
    EditorState.readOnly.of(readOnly),
    EditorView.contentAttributes.of({
      'aria-label': label,
      tabindex: '0',
      ...(readOnly ? { 'aria-readonly': 'true' } : {}),
    }),
  ]
}

function basics(): Extension[] {
  return [
    lineNumbers(),
    foldGutter(),
    lintGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    indentUnit.of('  '),
    bracketMatching(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    search({ top: true }),
    yaml(),
    codeTheme,
  ]
}

function helpers(props: () => CodeEditorProps): Extension[] {
  const complete: CompletionSource = (context) => {
    const found = props().help.complete(context.state.doc.toString(), context.pos)
    // While somebody types, only what they have begun is completed.
    if (found === null || found.options.length === 0 || (found.from === context.pos && !context.explicit)) return null
    return {
      from: found.from,
      validFor: /^[\w.-]*$/,
      options: found.options.map(({ label, detail, info, insert }) => ({
        label,
        apply: insert,
        ...(detail ? { detail } : {}),
        ...(info ? { info } : {}),
      })),
    }
  }
  return [
    keymap.of([
      {
        key: 'Mod-s',
        preventDefault: true,
        run: () => {
          props().onSave?.()
          return true
        },
      },
      ...completionKeymap,
      ...lintKeymap,
      ...searchKeymap,
      ...foldKeymap,
      ...historyKeymap,
      ...defaultKeymap,
    ]),
    autocompletion({ override: [complete], icons: false }),
    hoverTooltip((view, position) => {
      const hint = props().help.hint(view.state.doc.toString(), position)
      if (hint === null) return null
      return { pos: hint.from, end: hint.to, above: true, create: () => ({ dom: hintBox(hint) }) }
    }),
  ]
}

function hintBox(hint: { title: string; text: string }): HTMLElement {
  const box = document.createElement('div')
  box.className = 'cm-code-hint'
  const title = document.createElement('b')
  title.textContent = hint.title
  box.append(title, hint.text === '' ? '' : `\n${hint.text}`)
  return box
}

function inside(mark: CodeMark, length: number): Diagnostic {
  const from = Math.min(mark.from, length)
  return { ...mark, from, to: Math.min(Math.max(mark.to, from), length) }
}

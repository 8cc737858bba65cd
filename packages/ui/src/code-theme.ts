/** CodeMirror in Keelson's tokens: one theme, which follows dark and light by itself. */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

const theme = EditorView.theme({
  '&': { color: 'var(--fg)', backgroundColor: 'var(--code-bg)', fontSize: '12.5px', height: '100%' },
  // The box around it shows the focus: an outline here would lie below the gutters.
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': {
    fontFamily: 'var(--font-mono)',
    lineHeight: '1.6',
    fontVariantLigatures: 'none',
    scrollbarWidth: 'thin',
    overflow: 'auto',
  },
  '.cm-content': { caretColor: 'var(--accent)', padding: '8px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 25%, transparent)',
  },
  '.cm-gutters': { backgroundColor: 'var(--code-bg)', color: 'var(--fg-subtle)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--surface-3) 45%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'var(--surface-3)', color: 'var(--fg)' },
  '.cm-matchingBracket': { backgroundColor: 'var(--accent-soft)' },
  '.cm-foldPlaceholder': {
    backgroundColor: 'var(--surface-3)',
    border: 'none',
    color: 'var(--fg-muted)',
    padding: '0 6px',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    color: 'var(--fg)',
    border: '1px solid var(--line-strong)',
    borderRadius: '6px',
    boxShadow: 'var(--shadow)',
    fontSize: '12.5px',
    zIndex: 'var(--z-index-popover)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', maxHeight: '16em' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--accent-fg)' },
  '.cm-tooltip-autocomplete ul li[aria-selected] .cm-completionDetail': { color: 'var(--accent-fg)' },
  '.cm-completionDetail': { color: 'var(--fg-subtle)', fontStyle: 'normal', marginLeft: '1em' },
  '.cm-tooltip.cm-completionInfo': { maxWidth: '26rem', padding: '8px 10px', whiteSpace: 'pre-wrap' },
  '.cm-code-hint': {
    maxWidth: '32rem',
    maxHeight: '16rem',
    overflow: 'auto',
    padding: '8px 10px',
    whiteSpace: 'pre-wrap',
  },
  '.cm-code-hint b': { fontFamily: 'var(--font-mono)', fontWeight: '600' },
  '.cm-diagnostic': { padding: '4px 10px', whiteSpace: 'pre-wrap', fontFamily: 'var(--font-sans)' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--danger)' },
  '.cm-diagnostic-warning': { borderLeft: '3px solid var(--warning)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--danger)',
    textUnderlineOffset: '3px',
  },
  '.cm-lintRange-warning': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--warning)',
    textUnderlineOffset: '3px',
  },
  '.cm-panels': { backgroundColor: 'var(--surface-2)', color: 'var(--fg)', borderTop: '1px solid var(--line)' },
  '.cm-panel input, .cm-panel button': {
    backgroundColor: 'var(--surface)',
    backgroundImage: 'none',
    color: 'var(--fg)',
    border: '1px solid var(--line-strong)',
    borderRadius: '4px',
  },
  '.cm-searchMatch': { backgroundColor: 'var(--warning-soft)', outline: '1px solid var(--warning)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--accent-soft)' },
  '.cm-changedLine, .cm-insertedLine': { backgroundColor: 'var(--success-soft) !important' },
  '.cm-deletedChunk': { backgroundColor: 'var(--danger-soft)' },
  '.cm-changedText': {
    background: 'none',
    backgroundColor: 'color-mix(in srgb, var(--success) 28%, transparent)',
    borderRadius: '2px',
  },
  '.cm-deletedText, .cm-deletedChunk .cm-deletedText': {
    background: 'none',
    backgroundColor: 'color-mix(in srgb, var(--danger) 28%, transparent)',
    textDecoration: 'none',
    borderRadius: '2px',
  },
  '.cm-deletedLine, .cm-deletedLine del, .cm-insertedLine ins': { textDecoration: 'none' },
  // Signs beside the colours, for those who see no difference between these two.
  '.cm-changeGutter': { width: '1.4em', paddingLeft: '0', textAlign: 'center', fontWeight: '600' },
  '.cm-changeGutter .cm-changedLineGutter': { backgroundColor: 'transparent', color: 'var(--success)' },
  '.cm-changeGutter .cm-changedLineGutter::before': { content: '"+"' },
  '.cm-changeGutter .cm-deletedLineGutter': { backgroundColor: 'transparent', color: 'var(--danger)' },
  '.cm-changeGutter .cm-deletedLineGutter::before': { content: '"\u2212"' },
  // The library's own sign for folded lines is in few fonts.
  '.cm-collapsedLines:before, .cm-collapsedLines:after': { content: '"…"' },
  '.cm-collapsedLines': {
    background: 'var(--surface-2)',
    color: 'var(--fg-muted)',
    fontFamily: 'var(--font-sans)',
    padding: '2px 10px',
  },
})

const highlight = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: [tags.comment, tags.meta], color: 'var(--fg-subtle)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--fg)' },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword, tags.labelName, tags.typeName], color: 'var(--info)' },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: 'var(--fg-subtle)' },
])

export const codeTheme: Extension = [theme, syntaxHighlighting(highlight)]

/** The box that an editor is in. */
export const codeBox =
  'min-w-0 overflow-hidden rounded-lg border border-line focus-within:border-accent focus-within:ring-1 focus-within:ring-accent'

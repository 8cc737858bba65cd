/** Keys as they stand on a keyboard: `g j` shows two caps. */
export function Keys({ keys }: { keys: string }) {
  return (
    <span className="inline-flex shrink-0 gap-1">
      {keys.split(' ').map((key) => (
        <kbd
          key={key}
          className="inline-flex h-5 min-w-5 items-center justify-center rounded border border-line-strong bg-surface-2 px-1 font-sans text-[11px] text-fg-muted"
        >
          {key}
        </kbd>
      ))}
    </span>
  )
}

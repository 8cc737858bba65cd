'use client'
import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { Button } from './button.tsx'
import { cn } from './cn.ts'

/** Copies `text`; says so for two seconds, to the eye and to a screen reader. */
export function CopyButton({ text, label = 'Copy', className }: { text: string; label?: string; className?: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 2000)
  }
  return (
    <Button
      variant="ghost"
      size="icon"
      aria-label={copied ? 'Copied' : label}
      className={cn('size-6 [&_svg]:size-3.5', className)}
      onClick={copy}
    >
      {copied ? <Check className="text-success" /> : <Copy />}
    </Button>
  )
}

/** An id, address or digest with its copy button. */
export function Copyable({ text, shown, className }: { text: string; shown?: string; className?: string }) {
  return (
    <span className={cn('inline-flex max-w-full min-w-0 items-center gap-1', className)}>
      <code className="truncate font-mono text-xs" title={text}>
        {shown ?? text}
      </code>
      <CopyButton text={text} label={`Copy ${text.length > 40 ? 'value' : text}`} />
    </span>
  )
}

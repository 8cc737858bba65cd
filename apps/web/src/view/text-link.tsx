import Link from 'next/link'
import type { ComponentProps } from 'react'

/** A link in running text and table cells. */
export function TextLink({ className, ...props }: ComponentProps<typeof Link>) {
  return (
    <Link
      className={`rounded text-accent underline-offset-2 hover:underline ${className ?? ''}`}
      prefetch={false}
      {...props}
    />
  )
}
